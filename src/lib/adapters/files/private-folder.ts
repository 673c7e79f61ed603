import { lstatSync, mkdtempSync, readdirSync, rmSync, type Stats } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { refusalOf } from "../../system-errors.js";

const prefix = "cfm-web-";
const open = new Set<string>();

/**
 * Works in a folder that only this account can enter, and removes it afterwards: also when the work fails, on Ctrl-C,
 * and, after a kill that nobody can hear, the next time.
 */
export async function inPrivateFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
	const folder = make();
	try {
		return await work(folder);
	} finally {
		discard(folder);
	}
}

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function make(): string {
	if (open.size === 0) for (const signal of signals) process.on(signal, removeAll);
	removeLeftOvers();
	const folder = mkdtempSync(join(tmpdir(), `${prefix}${process.pid}-`));
	open.add(folder);
	return folder;
}

function discard(folder: string): void {
	rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	open.delete(folder);
	if (open.size === 0) for (const signal of signals) process.removeListener(signal, removeAll);
}

function removeAll(signal: NodeJS.Signals): void {
	for (const folder of open) discard(folder);
	process.kill(process.pid, signal);
}

let swept = false;

/** Folders of processes that are gone. Another account's stays, though root could remove it: anybody can make the name. */
function removeLeftOvers(): void {
	if (swept) return;
	swept = true;
	for (const name of readdirSync(tmpdir())) {
		const pid = Number(new RegExp(`^${prefix}(\\d+)-`).exec(name)?.[1] ?? 0);
		if (pid === 0 || isAlive(pid)) continue;
		const folder = join(tmpdir(), name);
		try {
			if (isOwn(lstatSync(folder))) rmSync(folder, { recursive: true, force: true });
		} catch {
			// it went meanwhile, or cannot be removed
		}
	}
}

/** Windows tells no owner here; there each account has a folder of its own for what is temporary. */
function isOwn(facts: Stats): boolean {
	return facts.isDirectory() && (process.geteuid === undefined || facts.uid === process.geteuid());
}

/** Whether a process of this number runs, whoever's it is. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return refusalOf(error) === "denied";
	}
}
