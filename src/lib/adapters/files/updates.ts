import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { CfmError } from "../../errors.js";
import { type Known, known } from "../../known.js";
import { readSums, sumsName } from "../../self/signed-sums.js";
import type { Exchange, Updates } from "../../self/update.js";
import { fileError, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import {
	finish,
	flushFolder,
	journalName,
	type Switch,
	sweep,
	sweepUpdate,
	takeLock,
	updateFolder,
	writeDurably,
} from "../disk/finish.js";
import { rename } from "../disk/names.js";
import { readBundle } from "./bundle-file.js";
import { seenProgram } from "./program.js";

/** `disk/finish.ts` as the build made it, by itself, for `bin/run.cjs`. */
declare const CFM_FINISH: string;

/** Updates of the program in a folder. @param folder undefined: of this very program */
export function updatesOf(folder?: string, finishing: string = CFM_FINISH): Updates {
	return {
		async seen() {
			const seen = await seenProgram(folder);
			const list = join(seen.folder, sumsName);
			return { ...seen, sums: existsSync(list) ? readSums(readFileSync(list, "utf8")) : new Map() };
		},
		mayChange,
		async package() {
			return packageOf((await seenProgram(folder)).folder);
		},
		read: readBundle,
		async exchange(change) {
			return exchange((await seenProgram(folder)).folder, change, finishing);
		},
	};
}

async function mayChange(): Promise<Known<boolean>> {
	if (process.platform !== "win32") return known(process.geteuid?.() === 0);
	const { WindowsRegistry } = await import("../windows/registry.js");
	return (await WindowsRegistry.open()).elevated;
}

/** dpkg knows the files of its packages, and would put the old ones back. */
function packageOf(folder: string, lists = "/var/lib/dpkg/info"): string | null {
	const list = join(lists, "cfm.list");
	if (!existsSync(list)) return null;
	return readFileSync(list, "utf8").split("\n").includes(folder) ? "cfm" : null;
}

const programs = ["bin/cfm", "node/node"];

async function exchange(folder: string, change: Exchange, finishing: string): Promise<{ restart: boolean }> {
	const place = join(folder, updateFolder);
	let release: (() => void) | undefined;
	try {
		mkdirSync(place, { mode: 0o755, recursive: true });
		release = takeLock(place);
		if (release === undefined || existsSync(join(place, journalName))) throw runningError();
		prepare(folder, place, change, finishing);
	} catch (error) {
		release?.();
		// What stands there without a journal is nothing to anybody.
		if (refusalOf(error) !== undefined) sweepUpdate(folder);
		throw fileError(error, place, "write");
	}
	// From the journal on it goes one way, whoever goes it.
	await tellWindows(folder, change.after);
	const finished = finish(folder, { isHeld: true });
	release();
	const left = finished.is === "forward" || finished.is === "back" ? sweepUpdate(folder) : [];
	if (finished.is !== "forward") {
		await tellWindows(folder, change.before);
		throw failedError(finished.is === "failed" ? finished.why : finished.is, finished.is === "back");
	}
	if (left.length > 0) await removeAtStart(left);
	return { restart: left.length > 0 };
}

/** Puts all that is needed beside the program, on the disk, and the journal last. */
function prepare(folder: string, place: string, { before, after, put, remove }: Exchange, finishing: string): void {
	for (const left of ["new", "old", "aside"]) sweep(join(place, left));
	const folders = new Set([place]);
	for (const [file, bytes] of put) {
		const staged = join(place, "new", file);
		mkdirSync(dirname(staged), { recursive: true, mode: 0o755 });
		writeDurably(staged, bytes, programs.includes(file) ? 0o755 : 0o644);
		folders.add(dirname(staged));
	}
	for (const one of folders) flushFolder(one);
	const was = (file: string) => existsSync(join(folder, file));
	const journal: Switch = {
		...{ before, after },
		steps: [
			...remove.map((file) => ({ file, is: "remove", was: was(file) }) as const),
			...[...put.keys()].map((file) => ({ file, is: "put", was: was(file) }) as const),
		],
	};
	for (const [name, text] of [
		["finish.cjs", finishing],
		[journalName, JSON.stringify(journal)],
	] as const) {
		const unfinished = join(place, `${name}.unfinished`);
		sweep(unfinished);
		writeDurably(unfinished, text);
		rename(unfinished, join(place, name));
		flushFolder(place);
	}
}

const uninstallKey = "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\cfm";

/** Where the setup program installed it, Apps shows the version, and the next setup compares with it. */
async function tellWindows(folder: string, version: string): Promise<void> {
	if (process.platform !== "win32") return;
	const { WindowsRegistry } = await import("../windows/registry.js");
	const registry = await WindowsRegistry.open();
	const place = registry.machineText(uninstallKey, "InstallLocation");
	if (!place.known || place.value?.toLowerCase() !== folder.toLowerCase()) return;
	registry.setMachineText(uninstallKey, "DisplayVersion", version);
}

/** What runs can't be removed now. */
async function removeAtStart(paths: readonly string[]): Promise<void> {
	if (process.platform !== "win32") return;
	const { loadWindows, wide } = await import("../windows/native.js");
	const windows = await loadWindows();
	const move = windows.bind("kernel32", "int __stdcall MoveFileExW(void *from, void *to, uint32 flags)");
	for (const path of paths) move(wide(path), null, 4 /* MOVEFILE_DELAY_UNTIL_REBOOT */);
}

function runningError(): CfmError {
	return new CfmError("busy", "update-running", t`Another update of cfm is running.`, {
		hints: [t`Wait until it has ended, then try again.`],
	});
}

function failedError(why: string, isBack: boolean): CfmError {
	return new CfmError(
		"unavailable",
		"update-failed",
		isBack
			? t`Not every file could be exchanged; all are as they were before.`
			: t`Not every file could be exchanged (${why}). The next start of cfm tries it again.`,
		{ hints: [t`Close what uses cfm's files, then try again.`] },
	);
}
