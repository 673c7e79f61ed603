import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LocalUser } from "../../client/machine.js";
import type { ClientProfile } from "../../client/profile.js";
import { type Known, known, unknown } from "../../known.js";
import type { BrowserPolicies, PolicyBrowser, ProxySettings, Surroundings } from "../../surroundings/surroundings.js";
import { refusalOf } from "../../system-errors.js";
import { type ClientFiles, clientFilesHere } from "../client-files/client-files.js";
import { roomAt } from "../disk/room.js";
import { reach } from "../reach/reach.js";

/** Where an administrator's policies are, as the browsers' vendors document it. */
const policyFolders: Readonly<Record<PolicyBrowser, string>> = {
	chrome: "/etc/opt/chrome/policies/managed",
	edge: "/etc/opt/edge/policies/managed",
};

/**
 * What surrounds users and clients on Linux.
 *
 * @param variables the process environment, which says the proxy
 * @param folders where policies are
 * @param files who looks at files of users
 */
export function linuxSurroundings(
	variables: Readonly<NodeJS.ProcessEnv>,
	folders: Readonly<Record<PolicyBrowser, string>> = policyFolders,
	files: ClientFiles = clientFilesHere,
): Surroundings {
	return {
		virtualLoopback: () => known(null),
		policies: (browser) => policiesIn(folders[browser]),
		profileKind: () => known(null),
		proxy: () => known(proxyIn(variables)),
		async autostart(user, profile) {
			const { startupEntry } = profile.linux;
			return startupEntry === undefined ? known(null) : files.there(user, expand(startupEntry, user));
		},
		async epfFolder(user, profile: ClientProfile) {
			const { epfFolder } = profile.linux;
			return epfFolder === undefined ? known(null) : files.folder(user, expand(epfFolder, user));
		},
		programs: () => known(null),
		room: roomAt,
		reach,
	};
}

function expand(path: string, user: LocalUser): string {
	return path.replace(/%HOME%/g, () => user.profileFolder);
}

/** All files of a folder, the later over the earlier by name. */
function policiesIn(folder: string): Known<BrowserPolicies> {
	let file = folder;
	try {
		const policies: Record<string, BrowserPolicies[string]> = {};
		for (const name of readdirSync(folder).toSorted()) {
			if (!name.endsWith(".json")) continue;
			file = join(folder, name);
			Object.assign(policies, JSON.parse(readFileSync(file, "utf8")));
		}
		return known(policies);
	} catch (error) {
		if (refusalOf(error) === "gone") return known({});
		return unknown(`${file}: ${error instanceof Error ? error.message : String(error)}`);
	}
}

function proxyIn(variables: Readonly<NodeJS.ProcessEnv>): ProxySettings | null {
	const said = (name: string) => variables[name] || variables[name.toUpperCase()];
	const server = said("https_proxy") ?? said("all_proxy") ?? said("http_proxy");
	if (server === undefined) return null;
	return { server, bypass: (said("no_proxy") ?? "").split(/[,\s]+/).filter(Boolean) };
}
