import type { Host, OutFiles } from "./host/host.js";
import { known, unknown } from "./known.js";
import { t } from "./text.js";

/** Where bad lines of a list go, too. */
export const writeOutFile: OutFiles["write"] = async (file, pieces, options) =>
	(await import("./adapters/files/out-file.js")).writeOutFile(file, pieces, options);

/** For what such a bundle does not hold. */
export const elsewhere = (): never => {
	throw new Error("asked in the small bundle, which does not hold it");
};

/** What the commands that scripts run in loops ask of the machine `cfm` runs on. */
export const asked = {
	platform: process.platform,
	name: () => operatingSystem().hostname(),
	async account(variables) {
		if (process.platform === "win32") return (await (await import("./adapters/windows/who-am-i.js")).whoAmI()).account;
		return accountOf(operatingSystem().userInfo().username, variables);
	},
	async asker() {
		if (process.platform === "win32") return (await import("./adapters/windows/asker.js")).windowsAsker();
		return (await import("./adapters/linux/asker.js")).linuxAsker();
	},
	async accountNames(sids) {
		if (process.platform !== "win32") return unknown(t`only Windows knows accounts by their SIDs`);
		return known(await (await import("./adapters/windows/account-names.js")).accountNames(sids));
	},
	async existingAccounts(names) {
		if (process.platform !== "win32") return (await import("./adapters/linux/accounts.js")).existingAccounts(names);
		return (await import("./adapters/windows/account-names.js")).existingAccounts(names);
	},
	now: () => new Date(),
	pause: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
	async reportEvent(text) {
		if (process.platform === "win32") await (await import("./adapters/windows/event-log.js")).reportEvent(text);
	},
	async keepLog(kind, text, now) {
		return (await import("./adapters/files/logs.js")).keepLog(kind, text, now);
	},
	async network() {
		if (process.platform === "win32") return (await import("./adapters/windows/network.js")).windowsNetwork();
		return (await import("./adapters/linux/network.js")).linuxNetwork();
	},
} satisfies Partial<Host>;

/** That machine for them alone: their small bundles (`src/hot.ts`) hold no more, and one kind of registry. */
export function hotHost(openRegistry: Host["openRegistry"]): Host {
	return {
		...asked,
		openRegistry,
		machine: elsewhere,
		accountStates: elsewhere,
		principal: elsewhere,
		browsers: elsewhere,
		windows: elsewhere,
		program: elsewhere,
		updates: elsewhere,
		surroundings: elsewhere,
		certificates: elsewhere,
		signedMessages: elsewhere,
		pdfs: elsewhere,
		stores: elsewhere,
		fetcher: elsewhere,
		tokens: elsewhere,
		readSecret: elsewhere,
		workFolder: elsewhere,
		draftMail: elsewhere,
		scheduler: elsewhere,
		calendarFile: elsewhere,
		letters: elsewhere,
		sendMail: elsewhere,
		registries: elsewhere,
		keptLogs: elsewhere,
		files: {
			write: writeOutFile,
			writeFolder: elsewhere,
			writeZip: elsewhere,
			appendTo: elsewhere,
			extensionKey: elsewhere,
		},
	};
}

/** Whoever used sudo is told too: "root" alone says nothing. */
function accountOf(name: string, variables: Readonly<NodeJS.ProcessEnv>): string {
	return variables.SUDO_USER && name === "root" ? `root (${variables.SUDO_USER})` : name;
}

/** node:os, loaded when a change is made: a command that only looks starts faster without it. */
function operatingSystem() {
	return process.getBuiltinModule("node:os");
}
