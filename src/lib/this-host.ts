import type { Host } from "./host/host.js";

/** The machine `cfm` runs on. Every part is loaded when it is asked for: most commands need one. */
export const thisHost: Host = {
	platform: process.platform,
	name: () => operatingSystem().hostname(),
	account: () => accountOf(operatingSystem().userInfo().username, process.env),
	now: () => new Date(),
	pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
	async machine() {
		if (process.platform === "win32") return (await import("./adapters/windows/machine.js")).windowsMachine();
		return (await import("./adapters/linux/machine.js")).linuxMachine();
	},
	async network() {
		if (process.platform === "win32") return (await import("./adapters/windows/network.js")).windowsNetwork();
		return (await import("./adapters/linux/network.js")).linuxNetwork();
	},
	async browserProfiles() {
		if (process.platform !== "win32") {
			return (await import("./adapters/linux/browser-profiles.js")).linuxBrowserProfiles;
		}
		const [{ WindowsBrowserProfiles }, { WindowsRegistry }] = await Promise.all([
			import("./adapters/windows/browser-profiles.js"),
			import("./adapters/windows/registry.js"),
		]);
		return new WindowsBrowserProfiles(await WindowsRegistry.open());
	},
	async webIdStores(home) {
		return (await import("./adapters/browsers/open.js")).openBrowserStores(home);
	},
	files: {
		async write(file, pieces, options) {
			return (await import("./adapters/files/out-file.js")).writeOutFile(file, pieces, options);
		},
		async writeFolder(folder, files, options) {
			return (await import("./adapters/files/out-folder.js")).writeOutFolder(folder, files, options);
		},
		async extensionKey(file) {
			return (await import("./adapters/files/extension-key.js")).extensionKey(file);
		},
	},
	async registries() {
		return (await import("./adapters/registry-sqlite/provider.js")).sqliteRegistries;
	},
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
