import type { Host } from "./host/host.js";
import { asked } from "./hot-host.js";

/** The machine `cfm` runs on. Every part is loaded when it is asked for: most commands need one. */
export const thisHost: Host = {
	...asked,
	async machine() {
		if (process.platform === "win32") return (await import("./adapters/windows/machine.js")).windowsMachine();
		return (await import("./adapters/linux/machine.js")).linuxMachine();
	},
	async profileFolder(folder) {
		return (await import("./adapters/browsers/named-folder.js")).realProfileFolder(folder);
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
	async registries() {
		return (await import("./adapters/registry-sqlite/provider.js")).sqliteRegistries;
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
};
