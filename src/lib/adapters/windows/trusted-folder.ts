import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { systemProgram } from "../processes/system.js";
import { WindowsRegistry } from "./registry.js";

/** Where administrators' folders are remembered: only an administrator can write below HKLM. */
const listKey = "SOFTWARE\\cfm\\TrustedFolders";

/**
 * Refuses, for an elevated `cfm`, a folder that no elevated `cfm init` has taken into possession: ordinary users may
 * make folders in `%ProgramData%`, and could have put a registry or a configuration of theirs there.
 *
 * @throws CfmError denied `open-to-others`
 */
export async function refuseUntrustedFolder(folder: string): Promise<void> {
	const registry = await WindowsRegistry.open();
	const { elevated } = registry;
	if (elevated.known && !elevated.value) return;
	const listed = registry.machineText(listKey, nameOf(folder));
	if (listed.known && listed.value !== null) return;
	throw new CfmError(
		"denied",
		"open-to-others",
		t`${folder} was not created by an elevated cfm init, so its content can't be trusted.`,
		{
			hints: [{ say: t`Check its content; if you trust it, run:`, line: line("init", [], { adopt: true }) }],
			data: { path: folder },
		},
	);
}

/**
 * Takes a folder into the administrators' possession: owner and access list, then the entry that says so. Without
 * administrators' rights nothing is done: the folder is the user's own.
 *
 * A folder that was there before is taken, with all that is in it, only when nothing but cfm's own files are.
 *
 * SIDs, not names: S-1-5-32-544 is the administrators' group and S-1-5-18 the system, in every language.
 *
 * @throws CfmError denied `folder-not-protected`; conflict `folder-not-ours`
 */
export async function takeFolder(folder: string, { isNew }: { isNew: boolean }): Promise<void> {
	const registry = await WindowsRegistry.open();
	const { elevated } = registry;
	if (elevated.known && !elevated.value) return;
	const present = isNew ? [] : readdirSync(folder);
	const strangers = present.filter((name) => !isOurs(name));
	if (strangers.length > 0) {
		throw new CfmError(
			"conflict",
			"folder-not-ours",
			t`${folder} also contains: ${strangers.slice(0, 5).join(", ")}.`,
			{
				hints: [
					{
						say: t`Use a separate folder for the registry:`,
						line: line("init", [], { registry: { fill: "FOLDER\\registry.db" } }),
					},
				],
				data: { path: folder },
			},
		);
	}
	await setAccess(folder, ["/setowner", "*S-1-5-32-544", "/T", "/C", "/Q"]);
	await setAccess(folder, ["/inheritance:r", "/grant:r", "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F", "/Q"]);
	// What was put there before may carry entries of its own. (Of an empty folder icacls says that there is no file.)
	if (present.length > 0) await setAccess(join(folder, "*"), ["/reset", "/T", "/C", "/Q"]);
	registry.setMachineText(listKey, nameOf(folder), new Date().toISOString());
}

/** The registry with its companions and copies, and the two configuration files. */
function isOurs(name: string): boolean {
	return /^(registry.*\.db.*|config\.json|client-profile\.json)$/i.test(name);
}

async function setAccess(path: string, words: readonly string[]): Promise<void> {
	const { execa } = await import("execa");
	const { exitCode } = await execa(systemProgram("icacls.exe"), [resolve(path), ...words], {
		stdio: "ignore",
		reject: false,
		timeout: 60_000,
	});
	if (exitCode === 0) return;
	throw new CfmError(
		"denied",
		"folder-not-protected",
		t`The access list of ${path} could not be set (icacls ${exitCode ?? "-"}).`,
		{
			hints: [{ say: t`Run in an elevated window:`, line: line("init") }],
		},
	);
}

/** Windows compares paths without case. */
function nameOf(folder: string): string {
	return resolve(folder).toLowerCase();
}
