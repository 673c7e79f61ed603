import { resolve } from "node:path";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { WindowsRegistry } from "./registry.js";
import { systemProgram } from "./system.js";

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
		t`${folder} was not made by an elevated cfm init: what is in it could be anybody's.`,
		{
			hints: [t`Look at it; if you trust what is there: cfm init --adopt`],
			data: { path: folder },
		},
	);
}

/**
 * Takes a folder into the administrators' possession: owner and access list, then the entry that says so. Without
 * administrators' rights nothing is done: the folder is the user's own.
 *
 * SIDs, not names: S-1-5-32-544 is the administrators' group and S-1-5-18 the system, in every language.
 *
 * @throws CfmError denied `folder-not-protected`
 */
export async function takeFolder(folder: string): Promise<void> {
	const registry = await WindowsRegistry.open();
	const { elevated } = registry;
	if (elevated.known && !elevated.value) return;
	const { execa } = await import("execa");
	const icacls = systemProgram("icacls.exe");
	for (const words of [
		["/setowner", "*S-1-5-32-544", "/T", "/C", "/Q"],
		["/inheritance:r", "/grant:r", "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F", "/Q"],
	]) {
		const { exitCode } = await execa(icacls, [resolve(folder), ...words], {
			stdio: "ignore",
			reject: false,
			timeout: 60_000,
		});
		if (exitCode === 0) continue;
		throw new CfmError(
			"denied",
			"folder-not-protected",
			t`The access list of ${folder} could not be set (icacls ${exitCode ?? "-"}).`,
			{
				hints: [t`Run cfm init in an elevated window.`],
			},
		);
	}
	registry.setMachineText(listKey, nameOf(folder), new Date().toISOString());
}

/** Windows compares paths without case. */
function nameOf(folder: string): string {
	return resolve(folder).toLowerCase();
}
