import type { ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import type { Cage } from "./cage.js";
import { announced, bytesAnnounced, mark, noBytes, type Said } from "./frames.js";

/** Why a reader gave no answer that can be used. */
export type Failure =
	/** It took longer than it may. */
	| "time"
	/** It needed more memory than it may. */
	| "memory"
	/** It wrote more than an answer may have. */
	| "answer"
	/** It ended. */
	| "crash";

export class ReaderFailed extends Error {
	override readonly name = "ReaderFailed";
	constructor(
		readonly failure: Failure,
		/** For whoever looks for a fault of ours: a signal, an exit code, the name of a system's error. No words. */
		readonly detail: string,
	) {
		super(`${failure}: ${detail}`);
	}
}

/** What a process is told: Windows finds no library without its folders, dates need the zone, nothing else is needed. */
function environment(): NodeJS.ProcessEnv {
	const kept = process.platform === "win32" ? ["SystemRoot", "SystemDrive", "PUBLIC", "ProgramData"] : ["TZ"];
	if (process.platform === "win32") kept.push("ProgramFiles", "TEMP", "TMP");
	return Object.fromEntries(
		kept.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])),
	);
}

/** In bytes. */
const longestHello = 1000;

const running = new Set<ChildProcess>();
/** They were told to end, and have something to tidy up. */
const dismissed = new Set<ChildProcess>();
process.on("exit", () => {
	for (const child of running) child.kill("SIGKILL");
	for (const child of dismissed) if (isStopped(child)) child.kill("SIGKILL");
});

/** Whoever tidies up needs no longer, in milliseconds. */
const longestTidying = 10_000;

/** Whether somebody has stopped it (SIGSTOP), as the account may whose it is: it would never end. proc(5) */
function isStopped({ pid }: ChildProcess): boolean {
	try {
		return /^State:\s*[Tt]/m.test(readFileSync(`/proc/${pid}/status`, "latin1"));
	} catch {
		return false;
	}
}

interface Asked {
	limit: number;
	takesBytes: boolean;
	give: (said: Said) => void;
	fail: (error: ReaderFailed) => void;
	timer: NodeJS.Timeout;
}

/**
 * A process that is asked one thing at a time: a line in, a line out. It is killed, never waited for: one that hangs in a
 * user's file system may not end for days.
 */
export class Reader {
	private readonly child: ChildProcess;
	private asked: Asked | undefined;
	private pieces: Buffer[] = [];
	private length = 0;
	/** What came before the line, and how much of it is to come. */
	private bytes: { pieces: Buffer[]; left: number } | undefined;
	/** What it answers on. */
	private readonly answers: Readable | null;
	private wasAsked = false;
	private ended: ReaderFailed | undefined;
	/** False once it is no more to be asked. */
	get usable(): boolean {
		return this.ended === undefined;
	}

	constructor(readonly cage: Cage) {
		this.child = process.getBuiltinModule("node:child_process").spawn(cage.file, cage.words, {
			stdio: cage.answersApart ? ["pipe", "ignore", "ignore", "pipe"] : ["pipe", "pipe", "ignore"],
			env: cage.variables ?? environment(),
			// Its folder is where nobody can put anything, and which can be unmounted.
			cwd: cage.folder ?? (process.platform === "win32" ? undefined : "/"),
			detached: cage.apart && process.platform !== "win32",
			windowsHide: true,
		});
		this.answers = (cage.answersApart ? this.child.stdio[3] : this.child.stdout) as Readable | null;
		if (!cage.endsItself) running.add(this.child);
		this.child.on("error", (error) =>
			this.end(new ReaderFailed("crash", "code" in error ? String(error.code) : error.name)),
		);
		// Not "exit": what it wrote before may still be under way.
		this.child.on("close", (code, signal) => this.end(howItEnded(code, signal)));
		this.child.stdin?.on("error", () => {});
		this.answers?.on("error", () => {});
		this.answers?.on("data", (piece: Buffer) => this.hear(piece));
		this.hold(false);
	}

	/**
	 * Asks, and waits for the line that answers; the first one a reader says unasked.
	 *
	 * @param line undefined: only waits
	 * @param limits of time, and of the line; bytes before it are taken only where they are wanted
	 * @throws ReaderFailed; the reader is then killed
	 */
	ask(
		line: string | undefined,
		limits: { milliseconds: number; bytes: number; takesBytes?: boolean },
		bytes: Buffer = noBytes,
	): Promise<Said> {
		return new Promise((give, fail) => {
			if (this.ended !== undefined) return fail(this.ended);
			const timer = setTimeout(
				() => this.kill(new ReaderFailed("time", String(limits.milliseconds))),
				limits.milliseconds,
			);
			this.wasAsked = true;
			this.asked = { limit: limits.bytes, takesBytes: limits.takesBytes ?? false, give, fail, timer };
			this.hold(true);
			if (bytes.length > 0) {
				this.child.stdin?.write(announced(bytes));
				this.child.stdin?.write(bytes);
			}
			if (line !== undefined) this.child.stdin?.write(`${line}\n`);
			this.answerIfWhole();
		});
	}

	/** Tells it that nothing more is asked, so that it ends by itself; one that does not is ended, and nobody waits for it. */
	dismiss(): void {
		this.child.stdin?.end();
		if (this.ended !== undefined) return;
		dismissed.add(this.child);
		setTimeout(() => this.kill(), longestTidying).unref();
	}

	/** Ends it. What was asked fails with the reason. */
	kill(why = new ReaderFailed("crash", "SIGKILL")): void {
		this.child.kill("SIGKILL");
		this.end(why);
	}

	private hear(piece: Buffer): void {
		let rest = piece;
		while (rest.length > 0 && this.ended === undefined) rest = this.take(rest);
	}

	/** @returns what is not taken yet */
	private take(piece: Buffer): Buffer {
		if (this.bytes !== undefined && this.bytes.left > 0) {
			const part = piece.subarray(0, this.bytes.left);
			this.bytes.pieces.push(part);
			this.bytes.left -= part.length;
			return piece.subarray(part.length);
		}
		const begins = this.pieces[0]?.[0] ?? piece[0];
		const end = this.asked?.takesBytes && begins === mark ? piece.indexOf(0x0a) + 1 : 0;
		const part = end > 0 ? piece.subarray(0, end) : piece;
		this.pieces.push(part);
		this.length += part.length;
		// Before it is asked for the first time, a line that says hello. Nothing else may be said unasked.
		const { limit } = this.asked ?? { limit: this.wasAsked ? 0 : longestHello };
		if (this.length > limit) this.kill(new ReaderFailed("answer", String(limit)));
		else if (end > 0) this.expectBytes();
		else this.answerIfWhole();
		return piece.subarray(part.length);
	}

	private expectBytes(): void {
		const left = bytesAnnounced(Buffer.concat(this.pieces).toString("latin1").trimEnd());
		[this.pieces, this.length] = [[], 0];
		if (left === undefined || this.bytes !== undefined) this.kill(new ReaderFailed("answer", "bytes"));
		else this.bytes = { pieces: [], left };
	}

	private answerIfWhole(): void {
		const { asked } = this;
		if (asked === undefined || this.pieces.at(-1)?.at(-1) !== 0x0a) return;
		const line = Buffer.concat(this.pieces).toString("utf8");
		const bytes = Buffer.concat(this.bytes?.pieces ?? []);
		[this.pieces, this.length, this.bytes] = [[], 0, undefined];
		this.rest();
		asked.give({ line, bytes });
	}

	private end(why: ReaderFailed): void {
		running.delete(this.child);
		dismissed.delete(this.child);
		this.ended ??= why;
		const { asked } = this;
		this.rest();
		this.answers?.destroy();
		asked?.fail(this.ended);
	}

	private rest(): void {
		clearTimeout(this.asked?.timer);
		this.asked = undefined;
		this.hold(false);
	}

	/** Only what is asked keeps `cfm` from ending. */
	private hold(held: boolean): void {
		for (const one of [this.child, this.child.stdin, this.answers] as { ref?(): void; unref?(): void }[]) {
			if (held) one?.ref?.();
			else one?.unref?.();
		}
	}
}

/** V8 and the C library abort when they get no more memory; V8 traps in some builds. */
function howItEnded(code: number | null, signal: string | null): ReaderFailed {
	const memory = ["SIGABRT", "SIGTRAP", "SIGILL"].includes(signal ?? "") || [133, 134].includes(code ?? 0);
	return new ReaderFailed(memory ? "memory" : "crash", signal ?? String(code));
}
