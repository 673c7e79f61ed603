import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { KeptLog } from "../../host/host.js";
import { type Known, known, unknown } from "../../known.js";
import { visibleLines } from "../../text.js";
import { removeIfThere } from "../disk/names.js";
import { findOwnPlace } from "./own-place.js";

/** So many logs of one kind are kept; older ones go. */
const kept = 50;

/**
 * Keeps a log where only its account, or administrators, can read it.
 *
 * @param kind what it is about: `fault`, `install`
 * @returns its path; undefined when no place could be written: a log is never why something fails
 */
export async function keepLog(kind: string, text: string, now: Date): Promise<string | undefined> {
	try {
		const { path, shared, make } = await findOwnPlace("logs");
		// In a folder of its own nobody can have put a link in its place.
		const folder = shared ? make("cfm-logs-") : path;
		const stamp = now.toISOString().replace(/[-:]|\..*$/g, "");
		const file = join(folder, `${kind}-${stamp}-${process.pid}.log`);
		writeFileSync(file, visibleLines(text), { flag: "wx", mode: 0o600 });
		if (!shared) removeOld(folder, kind);
		return file;
	} catch {
		return undefined;
	}
}

function removeOld(folder: string, kind: string): void {
	// Their names sort by age.
	const logs = readdirSync(folder).filter((name) => name.startsWith(`${kind}-`) && name.endsWith(".log"));
	for (const name of logs.sort().slice(0, -kept)) removeIfThere(join(folder, name));
}

/** So much of a log is read, from its end, and so many of them. */
const [mostBytes, mostLogs] = [256 * 1024, 20];

/** The logs that are kept where only this account, or administrators, can write, the newest first. */
export async function keptLogs(): Promise<Known<KeptLog[]>> {
	try {
		const { path, shared } = await findOwnPlace("logs");
		if (shared) return known([]);
		const names = readdirSync(path).filter((name) => /^[a-z]+-\d{8}T\d{6}-\d+\.log$/.test(name));
		const age = (name: string) => name.slice(name.indexOf("-"));
		const newest = names.sort((a, b) => age(b).localeCompare(age(a))).slice(0, mostLogs);
		const read = (name: string) => readFileSync(join(path, name)).subarray(-mostBytes).toString("utf8");
		return known(newest.map((name) => ({ name, text: read(name) })));
	} catch (error) {
		return unknown(error instanceof Error ? error.message : String(error));
	}
}
