import { join } from "node:path/win32";
import type { LocalUser } from "../../client/machine.js";
import { type Known, known } from "../../known.js";
import type {
	BrowserPolicies,
	PolicyBrowser,
	ProfileKind,
	ProxySettings,
	Surroundings,
} from "../../surroundings/surroundings.js";
import type { ClientFiles } from "../client-files/client-files.js";
import { roomAt } from "../disk/room.js";
import { reach } from "../reach/reach.js";
import { expand, hiveOf } from "./client.js";
import type { WindowsRegistry } from "./registry.js";

const policyKeys: Readonly<Record<PolicyBrowser, string>> = {
	chrome: "SOFTWARE\\Policies\\Google\\Chrome",
	edge: "SOFTWARE\\Policies\\Microsoft\\Edge",
};

/** "Terminal Server" with a space is where Windows keeps it (TechNet); reference pages also write it without. */
const virtualKeys = ["Terminal Server", "TerminalServer"].map(
	(name) => `SYSTEM\\CurrentControlSet\\Control\\${name}\\TSAppSrv\\VirtualIP`,
);
/** TechNet spells it with one d less. */
const virtualValues = [
	"VirtualizeLoopbackAddressesEnabled",
	"VirtualizeLoopbackAdresses",
	"VirtualizeLoopbackAddresses",
];

const profileList = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";
/** Bits of `State` in the list of profiles. */
const stateBits = { mandatory: 0x1, temporary: 0x800 };

/** Programs of 64 bits, and of 32. */
const uninstallKeys = ["SOFTWARE", "SOFTWARE\\WOW6432Node"].map(
	(root) => `${root}\\Microsoft\\Windows\\CurrentVersion\\Uninstall`,
);

const internetSettings = "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";

type Reads = Pick<WindowsRegistry, "text" | "machineText" | "values" | "keys">;

/** What surrounds users and clients on Windows: all of it is in the Windows Registry. */
export function windowsSurroundings(registry: Reads, files: ClientFiles): Surroundings {
	return {
		virtualLoopback() {
			for (const key of virtualKeys) {
				for (const name of virtualValues) {
					const value = registry.machineText(key, name);
					if (!value.known) return value;
					if (value.value !== null && value.value !== "0") return known(true);
				}
			}
			return known(false);
		},
		policies: (browser) => policiesOf(registry, policyKeys[browser]),
		profileKind: (user) => kindOf(registry, user),
		proxy: (user) => proxyOf(registry, user),
		async autostart(user, { windows: { startupEntry } }) {
			return startupEntry === undefined ? known(null) : files.there(user, expand(startupEntry, user));
		},
		async epfFolder(user, { windows: { epfFolder } }) {
			return epfFolder === undefined ? known(null) : files.folder(user, expand(epfFolder, user));
		},
		programs: () => programsOf(registry),
		room: roomAt,
		reach,
	};
}

/** Values of a policy's key, and the lists below it, whose entries are numbered. */
function policiesOf(registry: Reads, key: string): Known<BrowserPolicies> {
	const names = registry.values("machine", key);
	const lists = registry.keys("machine", key);
	if (!names.known) return names;
	if (!lists.known) return lists;
	const policies: Record<string, string | number | readonly string[]> = {};
	for (const name of names.value) {
		const value = registry.machineText(key, name);
		if (!value.known) return value;
		if (value.value !== null) policies[name] = /^\d{1,9}$/.test(value.value) ? Number(value.value) : value.value;
	}
	for (const list of lists.value) {
		const below = join(key, list);
		const entries = registry.values("machine", below);
		if (!entries.known) return entries;
		const told: string[] = [];
		for (const name of entries.value) {
			const entry = registry.machineText(below, name);
			if (!entry.known) return entry;
			if (entry.value !== null) told.push(entry.value);
		}
		policies[list] = told;
	}
	return known(policies);
}

/** What "Programs and Features" lists. Entries without a name are parts of others. */
function programsOf(registry: Reads): Known<string[]> {
	const names: string[] = [];
	for (const above of uninstallKeys) {
		const entries = registry.keys("machine", above);
		if (!entries.known) return entries;
		for (const entry of entries.value) {
			const name = registry.machineText(`${above}\\${entry}`, "DisplayName");
			if (!name.known) return name;
			if (name.value !== null) names.push(name.value);
		}
	}
	return known(names);
}

function kindOf(registry: Reads, user: LocalUser): Known<ProfileKind> {
	if (user.sid === null) return { known: false, why: `no SID of ${user.account}` };
	const key = `${profileList}\\${user.sid}`;
	const state = registry.machineText(key, "State");
	if (!state.known) return state;
	const bits = Number(state.value ?? 0);
	if ((bits & stateBits.temporary) !== 0) return known("temporary");
	if ((bits & stateBits.mandatory) !== 0) return known("mandatory");
	const central = registry.machineText(key, "CentralProfile");
	if (!central.known) return central;
	return known(central.value ? "roaming" : "local");
}

function proxyOf(registry: Reads, user: LocalUser): Known<ProxySettings | null> {
	const hive = hiveOf(user);
	if (hive === undefined) return { known: false, why: `no SID of ${user.account}` };
	const [enabled, server, bypass] = ["ProxyEnable", "ProxyServer", "ProxyOverride"].map((name) =>
		registry.text(hive, internetSettings, name),
	) as [Known<string | null>, Known<string | null>, Known<string | null>];
	for (const one of [enabled, server, bypass]) if (!one.known) return one;
	if (!enabled.known || enabled.value !== "1" || !server.known || !bypass.known || !server.value) return known(null);
	return known({ server: httpsIn(server.value), bypass: (bypass.value ?? "").split(";").filter(Boolean) });
}

/** `http=a:80;https=b:80`, or one for all. */
function httpsIn(servers: string): string {
	const named = servers.split(";").find((one) => one.startsWith("https=")) ?? servers.split(";")[0] ?? servers;
	return named.replace(/^\w+=/, "");
}
