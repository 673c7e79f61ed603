import { release } from "node:os";
import { foldName } from "../../account/fold.js";
import { compareWithProfile } from "../../client/detect.js";
import type { Machine } from "../../client/machine.js";
import { CfmError } from "../../errors.js";
import type { AroundLooks } from "../../host/host.js";
import type { Network } from "../../port/network.js";
import type { SeenWindows, Sight } from "../../self/check.js";
import { plural, t } from "../../text.js";
import { readersSight, runningBrowsersSight } from "./browser-looks.js";
import { listListening } from "./listeners.js";
import { loadWindows } from "./native.js";
import {
	excludedPortsSight,
	ownPortSight,
	portOwnersSight,
	reservedPortSight,
	sessionsSight,
} from "./network-looks.js";
import { WindowsRegistry } from "./registry.js";
import { notTried, sight } from "./sight.js";
import { powershellSight, signatureSight } from "./signature-looks.js";
import { isTokenElevated } from "./token.js";
import { isOpenToOthers, refuseReplaceable, refuseUntrustedFolder } from "./trusted-folder.js";
import { driveKinds, keepsAccessLists } from "./volume.js";
import { whoAmI } from "./who-am-i.js";

export interface LookedAt extends AroundLooks {
	machine: Machine;
	network: Network;
	/** Whether a folder is on another machine. */
	isOnNetwork(folder: string): boolean;
}

/** What `cfm self check --windows` looks at: each look says what Windows answered, without names of people. */
export function seenWindows(at: LookedAt): SeenWindows {
	const { machine, network, home } = at;
	const { elevated } = machine;
	return {
		system: {
			release: release(),
			arch: process.arch,
			node: process.version,
			elevated: elevated.known ? elevated.value : null,
		},
		looks: {
			elevation: () => elevationSight(machine),
			"own-account": ownAccountSight,
			"account-names": () => accountNamesSight(machine),
			"other-hives": () => whenElevated(machine, () => otherHivesSight(machine)),
			"own-port": () => ownPortSight(network),
			"port-owners": () => whenElevated(machine, () => portOwnersSight(network)),
			"connection-tables": connectionTablesSight,
			sessions: () => sessionsSight(network),
			"trusted-folder": () => trustedFolderSight(home),
			"parent-folders": parentFoldersSight,
			"access-lists": () => accessListsSight(home),
			signature: () => signatureSight(machine),
			powershell: () => powershellSight(machine),
			"excluded-ports": () => excludedPortsSight(network),
			"reserved-port": () => reservedPortSight(network),
			"network-share": () => networkShareSight(at),
			"running-browsers": () => runningBrowsersSight(at),
			readers: () => readersSight(at),
			client: () => clientSight(at),
		},
	};
}

/** Looks that only an administrator's rights can make. */
async function whenElevated({ elevated }: Machine, look: () => Promise<Sight>): Promise<Sight> {
	return elevated.known && elevated.value ? look() : notTried(t`needs administrators' rights`);
}

async function elevationSight({ elevated }: Machine): Promise<Sight> {
	const token = isTokenElevated(await loadWindows());
	if (!elevated.known) return sight(false, elevated.why);
	if (token === undefined) return sight(false, t`the token does not say it`);
	if (elevated.value === token) return sight(true, token ? t`elevated` : t`not elevated`);
	return sight(false, token ? t`only the token says elevated` : t`only the hive says elevated`);
}

async function ownAccountSight(): Promise<Sight> {
	const { account, sid } = await whoAmI();
	if (sid === null) return sight(false, t`Windows does not say the SID`);
	if (!account.includes("\\")) return sight(false, t`a name without a domain`);
	const { existingAccounts } = await import("./account-names.js");
	if (!(await existingAccounts([account])).has(account)) return sight(false, t`an account that Windows does not find`);
	const variable = process.env.USERDOMAIN ?? "";
	const isSame = foldName(account).startsWith(`${foldName(variable)}\\`);
	return sight(true, isSame ? t`USERDOMAIN says the same domain` : t`USERDOMAIN says another domain, and is not used`);
}

async function accountNamesSight({ profiles }: Machine): Promise<Sight> {
	const users = await profiles.users();
	if (!users.known) return sight(false, users.why);
	const others = users.value.filter(({ isCurrent }) => !isCurrent);
	if (others.length === 0) return notTried(t`nobody else has a profile here`);
	const named = others.filter(({ nameUnknown }) => !nameUnknown).length;
	return sight(named === others.length, t`${named} of ${others.length} named; accounts that were deleted have no name`);
}

async function otherHivesSight({ profiles }: Machine): Promise<Sight> {
	const [users, registry] = await Promise.all([profiles.users(), WindowsRegistry.open()]);
	if (!users.known) return sight(false, users.why);
	const loaded = users.value.flatMap(({ sid, isCurrent }) =>
		sid === null || isCurrent || !registry.isLoaded({ user: sid }) ? [] : [{ user: sid }],
	);
	if (loaded.length === 0) return notTried(t`nobody else is logged on`);
	const readable = loaded.filter((hive) => registry.keys(hive, "Software").known).length;
	return sight(readable === loaded.length, t`${readable} of ${loaded.length} can be read`);
}

async function connectionTablesSight(): Promise<Sight> {
	const rows = await listListening();
	if (!rows.known) return sight(false, rows.why);
	const listeners = plural(rows.value.length, { one: "1 listener", other: `${rows.value.length} listeners` });
	return sight(rows.except === undefined, rows.except ?? listeners);
}

async function trustedFolderSight(home: string): Promise<Sight> {
	const { existsSync } = process.getBuiltinModule("node:fs");
	if (!existsSync(home)) return notTried(t`it does not exist`);
	return untrusted(() => refuseUntrustedFolder(home), t`closed to others`);
}

async function parentFoldersSight(): Promise<Sight> {
	const above = await untrusted(
		() => refuseReplaceable(process.env.ProgramData ?? "C:\\ProgramData"),
		t`nobody else can replace it`,
	);
	if (above.state === "differs") return above;
	const isOpen = await isOpenToOthers(`${process.env.SystemRoot ?? "C:\\Windows"}\\Temp`);
	return sight(isOpen, isOpen ? t`as it should be` : t`the system's folder for temporary files is closed`);
}

/** A refusal names accounts: how many there are is enough. */
async function untrusted(look: () => Promise<void>, fine: string): Promise<Sight> {
	try {
		await look();
		return sight(true, fine);
	} catch (error) {
		if (!(error instanceof CfmError)) throw error;
		const { accounts } = error.data;
		const count = Array.isArray(accounts) ? accounts.length : 0;
		if (count === 0) return sight(false, t`it can't be trusted, but nobody else can change it`);
		return sight(
			false,
			plural(count, { one: "1 other account can change it", other: `${count} other accounts can change it` }),
		);
	}
}

async function accessListsSight(home: string): Promise<Sight> {
	const { system, keepsLists } = await keepsAccessLists(home);
	return sight(keepsLists, system);
}

async function networkShareSight({ isOnNetwork }: LookedAt): Promise<Sight> {
	const drives = await driveKinds();
	const remote = drives.filter(({ isRemote }) => isRemote);
	if (remote.length === 0) return notTried(t`no drive is mapped`);
	const told = remote.filter(({ root }) => isOnNetwork(root)).length;
	return sight(told === remote.length, t`${told} of ${remote.length} recognized`);
}

async function clientSight({ machine, profile, home }: LookedAt): Promise<Sight> {
	// A client profile in a folder that somebody else can write is not looked into.
	if ((await trustedFolderSight(home)).state === "differs") return notTried(t`the folder of cfm can't be trusted`);
	const observed = await compareWithProfile(machine, profile(), await machine.profiles.currentUser());
	if (!observed.known) return sight(false, observed.why);
	if (observed.value.length === 0) return notTried(t`this account has no client`);
	const differing = observed.value.filter(({ agrees }) => !agrees).map(({ about }) => about);
	return sight(differing.length === 0, differing.length === 0 ? t`all of it` : t`elsewhere: ${differing.join(", ")}`);
}
