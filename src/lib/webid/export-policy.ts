import type { Machine } from "../client/machine.js";
import type { Environment } from "../environment/environment.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { expectationOf } from "./expected.js";
import { type ExtensionKey, type PolicyFile, policyFiles } from "./policy.js";
import type { Browser } from "./profiles.js";
import { requireSites } from "./scope.js";

/** The browsers with a policy for when none is named: those that a Windows server has. */
const usualBrowsers: readonly Browser[] = ["chrome", "edge"];

export interface PolicyExport {
	files: PolicyFile[];
	/** Users of this machine with an ID, whose part of the Windows registry nobody can name. */
	withoutSid: string[];
	/** Users of whom nobody can tell which ID is theirs. */
	unsure: string[];
}

/** Gathers what the policy files say: the sites, and the ID of every user of this machine whose SID is known. */
export async function exportPolicy(
	machine: Machine,
	view: RegistryView,
	environment: Environment,
	request: {
		key: ExtensionKey;
		/** The key's private half, when it was made now. */
		pem: string | null;
		sites: readonly string[];
		browsers: readonly Browser[];
		updateUrl: URL;
		now: Date;
	},
): Promise<PolicyExport> {
	const { key, pem, updateUrl, now } = request;
	const sites = request.sites.length > 0 ? request.sites : await requireSites(view, environment);
	const browsers = request.browsers.length > 0 ? request.browsers : usualBrowsers;
	const local = await machine.profiles.users();
	const users: { user: string; sid: string; id: number }[] = [];
	const withoutSid: string[] = [];
	const unsure: string[] = [];
	for (const user of local.known ? local.value : [await machine.profiles.currentUser()]) {
		const expected = await expectationOf(view, environment, user);
		const { id } = expected;
		if (id === null) {
			if (expected.why === "unknown") unsure.push(user.account);
		} else if (/^S-1-[\d-]+$/.test(user.sid ?? "")) users.push({ user: user.account, sid: user.sid ?? "", id });
		else withoutSid.push(user.account);
	}
	const { lastId } = environment;
	const files = policyFiles({ key, sites, browsers, updateUrl, lastId, users, now });
	if (pem !== null) {
		const what = t`the extension's key: keep it safe and secret`;
		files.push({ file: "extension-key.pem", what, content: pem, encoding: "utf8" });
	}
	return { files, withoutSid, unsure };
}
