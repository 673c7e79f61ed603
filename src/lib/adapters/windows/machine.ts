import { existsSync } from "node:fs";
import { hostname } from "node:os";
import { dirname, join } from "node:path";
import type { Machine } from "../../client/machine.js";
import { unknown } from "../../known.js";
import { t } from "../../text.js";
import type { ClientFiles } from "../client-files/client-files.js";
import { endProcess } from "../processes/family.js";
import { holdName } from "../processes/hold.js";
import { listeningOn } from "../processes/listening.js";
import { loopbackByTable } from "../processes/loopback.js";
import type { Platform } from "../processes/program-kind.js";
import { type System, sessionRunner } from "../processes/run.js";
import { systemProgram } from "../processes/system.js";
import type { AccountNames } from "./account-names.js";
import { type UserRoots, WindowsClient } from "./client.js";
import { windowsFamily, windowsProcesses } from "./processes.js";
import { WindowsProfiles } from "./profiles.js";
import { WindowsRegistry } from "./registry.js";
import { whoAmI } from "./who-am-i.js";

/** Loaded when other users are asked for: most commands are about one. */
const namesOfOthers: AccountNames = async (sids) => (await import("./account-names.js")).accountNames(sids);

const platform: Platform = {
	system: "win32",
	processor: process.arch,
	// Where the 32-bit half of Windows is (WOW64); in the folder's place a Server Core may have nothing.
	runs32Bit: existsSync(join(dirname(systemProgram("")), "SysWOW64", "ntdll.dll")),
};

/**
 * This machine, while it is a Windows one.
 *
 * @param temporary names the temporary folder to a program, where the session's own will not do
 * @param files who looks at files of users' clients, and at the certificates that they trust
 */
export async function windowsMachine(
	temporary: System["temporary"],
	files: ClientFiles & { trustsRoot?: UserRoots },
): Promise<Machine> {
	const registry = await WindowsRegistry.open();
	return {
		name: hostname(),
		system: "Windows",
		elevated: registry.elevated,
		profiles: new WindowsProfiles(registry, namesOfOthers, whoAmI),
		client: new WindowsClient(registry, files, files.trustsRoot),
		loopback: loopbackByTable({
			answering: async () => (await import("./network.js")).windowsNetwork().answering(),
		}),
		runner: sessionRunner({ platform, findFamily: windowsFamily, temporary }),
		processes: {
			list: windowsProcesses,
			listening: async (port) => listeningOn((await import("./network.js")).windowsNetwork(), port),
			end: endProcess,
		},
		hold: holdName,
		installer: {
			// Loaded on use: it needs node:crypto, which costs every look at clients a tenth of its time.
			take: async (file, folder) => (await import("../processes/installer.js")).takeInstaller(file, folder, platform),
			signature: async (file) => (await import("./signature.js")).readSignature(file),
			openToOthers: async () => unknown(t`the file's access list was not read`),
		},
	};
}
