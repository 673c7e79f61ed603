import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import type { Task } from "./allocating.js";
import { owner } from "./server.js";

const root = join(import.meta.dirname, "..", "..", "..");
const program = join(root, ".cache", "postgres", "allocating.cjs");

/** Bundles what the clients run. */
export async function buildClients(): Promise<void> {
	await build({
		entryPoints: [join(import.meta.dirname, "allocating.ts")],
		...{ outfile: program, bundle: true, platform: "node", format: "cjs", target: "node22", logLevel: "warning" },
		external: ["better-sqlite3", "better-sqlite3/*"],
	});
}

/** Who a client asks for. */
export const userOf = (name: string, client: number, number: number) => `CORP\\${name}.${client}.u${number}`;

/** One process of several clients, and what it has said. */
export interface Clients {
	/** What was acknowledged: user → ID. */
	done: Map<string, number>;
	failures: string[];
	/** Where each client stands. */
	next: number[];
	/** Milliseconds. */
	longest: number;
	process: ChildProcess;
	/** When it has ended, whatever ended it. @throws Error when it failed by itself */
	ended: Promise<void>;
	/** Lets each finish what it is at. */
	stop(): Promise<void>;
}

export function startClients(task: Omit<Task, "password">): Clients {
	const whole: Task = { ...task, password: owner.password };
	const child = spawn(process.execPath, [program, JSON.stringify(whole)], { stdio: ["pipe", "pipe", "pipe"] });
	child.stdin.on("error", () => {}); // it may have been killed
	let complaint = "";
	child.stderr.setEncoding("utf8").on("data", (text) => {
		complaint += text;
	});
	const clients: Clients = {
		...{ done: new Map(), failures: [], next: [...task.from], longest: 0, process: child },
		ended: new Promise((resolve, reject) => {
			child.once("error", reject);
			child.once("close", (code, signal) => {
				if (signal === "SIGKILL" || (code === 0 && complaint === "")) resolve();
				else reject(new Error(`clients ended with ${code ?? signal}: ${complaint}`));
			});
		}),
		async stop() {
			child.stdin.end();
			await clients.ended;
		},
	};
	clients.ended.catch(() => {}); // whoever started them waits for it, perhaps later
	createInterface({ input: child.stdout }).on("line", (line) => {
		const [word, ...rest] = line.split(" ");
		const [client = 0, number = 0, id = 0] = rest.map(Number);
		if (word === "longest") clients.longest = client;
		else if (word === "failed") clients.failures.push(rest.join(" "));
		else if (word === "did") {
			clients.done.set(userOf(task.name, client, number), id);
			clients.next[client] = number + 1;
		}
	});
	return clients;
}
