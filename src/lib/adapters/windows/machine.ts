import { hostname } from "node:os";
import type { Machine } from "../../client/ports.js";
import { unknown } from "../../known.js";
import { t } from "../../text.js";
import { loopback } from "../processes/loopback.js";
import { sessionRunner } from "../processes/run.js";
import { authenticode } from "./authenticode.js";
import { WindowsClient } from "./client.js";
import { WindowsProfiles } from "./profiles.js";
import { WindowsRegistry } from "./registry.js";
import { sidBytes } from "./tcp-table.js";

let native: Promise<Awaited<ReturnType<typeof import("./native.js").loadNative>>> | undefined;

/** Loaded when other users are asked for: most commands are about one. */
async function accountOf(sid: string): Promise<string | null> {
	native ??= import("./native.js").then(({ loadNative }) => loadNative());
	return (await native).accountOf(sidBytes(sid));
}

/** This machine, while it is a Windows one. */
export async function windowsMachine(): Promise<Machine> {
	const registry = await WindowsRegistry.open();
	return {
		name: hostname(),
		elevated: registry.elevated,
		profiles: new WindowsProfiles(registry, accountOf),
		client: new WindowsClient(registry),
		loopback,
		runner: sessionRunner,
		installer: {
			// Loaded on use: it needs node:crypto, which costs every look at clients a tenth of its time.
			take: async (file) => (await import("../processes/installer.js")).takeInstaller(file),
			signature: authenticode,
			openToOthers: async () => unknown(t`the file's access list was not read`),
		},
	};
}
