import { execFileSync } from "node:child_process";
import { closeSync, constants, openSync, readSync } from "node:fs";
import { until } from "./until.js";

/** What a script of `sh` does until it is ended. */
export const forEver = "exec tail -f /dev/null";

/**
 * A program with all its children, as a pipe shows them: every one of them inherits its writing end, and the pipe ends
 * when the last of them does.
 */
export class Family {
	private readonly pipe: number;
	private said = "";

	/** @param fifo where the pipe is to be made */
	constructor(private readonly fifo: string) {
		execFileSync("mkfifo", [fifo]);
		this.pipe = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
	}

	/** The first line of a script of `sh` that is to belong to it; it says something by `echo … >&3`. */
	get join(): string {
		return `exec 3> '${this.fifo}'`;
	}

	/** Waits until one of it says something. @returns all that was said */
	async says(text: string): Promise<string> {
		await until(`the program to say ${text}`, () => {
			this.read();
			return this.said.includes(text) && this.said.endsWith("\n");
		});
		return this.said;
	}

	/** Waits until nobody of it is left; at once when there never was anybody. */
	async isGone(): Promise<void> {
		await until("the program and its children to end", () => this.read() === "nobody");
		closeSync(this.pipe);
	}

	private read(): "nobody" | "somebody" {
		const bytes = Buffer.alloc(4096);
		try {
			for (;;) {
				const length = readSync(this.pipe, bytes);
				if (length === 0) return "nobody";
				this.said += bytes.toString("utf8", 0, length);
			}
		} catch (error) {
			if ((error as NodeJS.ErrnoException).code === "EAGAIN") return "somebody";
			throw error;
		}
	}
}
