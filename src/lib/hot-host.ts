import type { Host } from "./host/host.js";

/** What the commands that scripts run in loops ask of the machine `cfm` runs on. */
export const asked = {
	platform: process.platform,
	name: () => operatingSystem().hostname(),
	account: () => accountOf(operatingSystem().userInfo().username, process.env),
	now: () => new Date(),
	pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
	async network() {
		if (process.platform === "win32") return (await import("./adapters/windows/network.js")).windowsNetwork();
		return (await import("./adapters/linux/network.js")).linuxNetwork();
	},
	async openRegistry(location, options) {
		return (await import("./adapters/registry-sqlite/open.js")).openSqliteRegistry(location, options);
	},
} satisfies Partial<Host>;

const elsewhere = (): never => {
	throw new Error("asked in the small bundle, which does not hold it");
};

/** That machine for them alone: their small bundle (`src/hot.ts`) holds no more. */
export const hotHost: Host = {
	...asked,
	machine: elsewhere,
	browserProfiles: elsewhere,
	profileFolder: elsewhere,
	webIdStores: elsewhere,
	registries: elsewhere,
	files: { write: elsewhere, writeFolder: elsewhere, extensionKey: elsewhere },
};

/** Whoever used sudo is told too: "root" alone says nothing. */
function accountOf(name: string, environment: NodeJS.ProcessEnv): string {
	if (process.platform === "win32") return environment.USERDOMAIN ? `${environment.USERDOMAIN}\\${name}` : name;
	return environment.SUDO_USER && name === "root" ? `root (${environment.SUDO_USER})` : name;
}

/** node:os, loaded when a change is made: a command that only looks starts faster without it. */
function operatingSystem() {
	return process.getBuiltinModule("node:os");
}
