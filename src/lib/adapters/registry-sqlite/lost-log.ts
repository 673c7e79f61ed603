import { closeSync, constants, copyFileSync, existsSync, openSync, readFileSync, statSync } from "node:fs";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { walChecksum } from "../sqlite/wal-checksum.js";
import { type LogEnd, lostLogOf } from "./log-end.js";

/** What a log of changes holds. https://www.sqlite.org/fileformat2.html#the_write_ahead_log */
export interface LogContent {
	pageSize: number;
	salts: string;
	/** Pages up to the last whole change. */
	frames: number;
	/** The file's pages after the last whole change, by their number; the newest of each. */
	pages: ReadonlyMap<number, Buffer>;
	/** How many pages the file has then. */
	size: number;
	/**
	 * Changes that follow behind a damaged place, as many as were written one after the other. A power failure leaves one at
	 * most, for each is flushed before the next begins; what several failures left does not follow from one another.
	 */
	changesBehind: number;
}

/** @returns undefined for what is no log */
export function readLog(bytes: Buffer): LogContent | undefined {
	const magic = bytes.length < 32 ? 0 : bytes.readUInt32BE(0);
	if (magic >>> 1 !== 0x377f0682 >>> 1) return undefined;
	const pageSize = bytes.readUInt32BE(8);
	if (pageSize < 512 || pageSize > 65_536) return undefined;
	const sum = walChecksum(magic === 0x377f0682);
	const salts = bytes.subarray(16, 24);
	sum.add(bytes, 0, 24);
	let isWhole = sum.is(bytes, 24);
	const pages = new Map<number, Buffer>();
	let change = new Map<number, Buffer>();
	const content = { pageSize, salts: salts.toString("hex"), frames: 0, size: 0, changesBehind: 0 };
	let run = 0;
	for (let at = 32, frame = 1; at + 24 + pageSize <= bytes.length; at += 24 + pageSize, frame += 1) {
		if (bytes.compare(salts, 0, 8, at + 8, at + 16) !== 0) break;
		const commits = bytes.readUInt32BE(at + 4);
		// Of a page behind the damage: whether it was written after the one before it.
		if (!isWhole && frame > 1) sum.from(bytes, at - pageSize - 8);
		sum.add(bytes, at, at + 8);
		sum.add(bytes, at + 24, at + 24 + pageSize);
		const follows = sum.is(bytes, at + 16);
		isWhole &&= follows;
		if (!isWhole) {
			run = (follows ? run : 0) + (commits > 0 ? 1 : 0);
			content.changesBehind = Math.max(content.changesBehind, run);
			continue;
		}
		change.set(bytes.readUInt32BE(at), bytes.subarray(at + 24, at + 24 + pageSize));
		if (commits === 0) continue;
		for (const [number, page] of change) pages.set(number, page);
		change = new Map();
		content.frames = frame;
		content.size = commits;
	}
	return { ...content, pages };
}

/** The log as it lies beside the file; undefined when there is none. */
export function logBeside(location: string): LogContent | undefined {
	try {
		return readLog(readFileSync(`${location}-wal`));
	} catch (error) {
		if (refusalOf(error) === "gone") return undefined;
		throw error;
	}
}

/** Whether a log that SQLite reads less of than had been written is damaged; and not simply another one by now. */
export function isLogDamaged(location: string, end: LogEnd): boolean {
	const log = logBeside(location);
	return log !== undefined && log.salts === end.salts && log.frames < end.frames;
}

/** Keeps what is left of a log before anybody writes over it. Nothing is changed as long as it is there. */
export function keepLostLog(location: string): void {
	const kept = lostLogOf(location);
	try {
		if (existsSync(`${location}-wal`)) copyFileSync(`${location}-wal`, kept, constants.COPYFILE_EXCL);
		else closeSync(openSync(kept, "wx", 0o600));
	} catch (error) {
		// Another process was faster, or this one may not write here and only looks.
		if (refusalOf(error) === undefined) throw error;
	}
}

/** The refusal of every change as long as nobody has decided what becomes of those that are lost. */
export function changesLost(location: string): CfmError {
	return new CfmError("unavailable", "changes-lost", lostLogMessage(location), {
		hints: [
			line("registry restore", [{ fill: "BACKUP" }], { registry: location }),
			{ say: t`Or compare on each server which IDs are out:`, line: line("client list") },
			t`To go on without them, move ${lostLogOf(location)} to another folder.`,
		],
		data: { registry: location, kept: lostLogOf(location) },
	});
}

export function lostLogMessage(location: string): string {
	const bytes = statSync(lostLogOf(location), { throwIfNoEntry: false })?.size ?? 0;
	return t`The last changes of ${location} are lost: its log of changes was cut or damaged. What is left of the log is in ${lostLogOf(location)} (${bytes} bytes).`;
}
