import type { AnyKind, FindingKind } from "../finding/finding.js";
import { fixable, remedyIn } from "../finding/remedy.js";
import type { Verdicts } from "../finding/verdict.js";
import { t } from "../text.js";
import type { ReaderLack } from "./browsers.js";
import { type Forgetting, forgettingText } from "./forgetting.js";
import type { ReadState } from "./stores.js";

/** A web ID, or its lack, in one place; and the ID that belongs there. */
export interface WebIdFacts {
	environment: string;
	user: string | null;
	browser: string | null;
	profile: string | null;
	site: string | null;
	webId: string | null;
	expectedId: number | null;
}

const anas: WebIdFacts = {
	environment: "default",
	user: "CORP\\ana",
	browser: "chrome",
	profile: "Default",
	site: "https://consigno.example",
	webId: "9",
	expectedId: 7,
};

const affected = ({ user, site }: Pick<WebIdFacts, "user" | "site">) => ({
	users: user === null ? [] : [user],
	sites: site === null ? [] : [site],
});

/** Nobody is told to change the browsers of all because one user's name is not known. */
const set = ({ environment, user, browser, site }: WebIdFacts) => {
	const place = { user: user ?? undefined, browser: browser ?? undefined };
	const sites = site === null ? { "all-sites": true } : { site };
	return user === null ? [] : [fixable(remedyIn(environment, "web set", [], { ...place, ...sites }))];
};

export const wrongWebId: FindingKind<WebIdFacts> = {
	id: "CFM-WEB-001",
	severity: "error",
	title: () => t`A web ID is not the user's ID`,
	text: ({ webId, expectedId }) => t`the web ID is ${webId ?? ""}, not ${expectedId ?? ""}`,
	affected,
	remedies: set,
	sample: anas,
};

export const webIdMissing: FindingKind<WebIdFacts> = {
	id: "CFM-WEB-002",
	severity: "warning",
	title: () => t`A browser has no web ID for a site`,
	text: ({ site }) => t`there is no web ID for ${site ?? ""}: its page will ask the user to install the client`,
	affected,
	remedies: set,
	dependsOn: ["CFM-WEB-009"],
	sample: { ...anas, webId: null },
};

const webIdNoNumber: FindingKind<WebIdFacts> = {
	id: "CFM-WEB-003",
	severity: "error",
	title: () => t`A web ID is not a number`,
	text: ({ webId }) => t`the web ID is ${JSON.stringify(webId)}`,
	affected,
	remedies: set,
	sample: { ...anas, webId: "seven" },
};

const webIdWithoutAllocation: FindingKind<WebIdFacts> = {
	id: "CFM-WEB-004",
	severity: "error",
	title: () => t`A browser has a web ID for a user who has no ID`,
	text: ({ user, webId }) => t`the web ID is ${webId ?? ""}, but ${user ?? ""} has no ID`,
	affected,
	remedies: (facts) => (facts.user === null ? [] : [remedyIn(facts.environment, "ids allocate", [facts.user])]),
	dependsOn: ["CFM-CLIENT-003", "CFM-AUDIT-007"],
	sample: { ...anas, expectedId: null },
};

/** The page asks on the port of the web ID and the client listens on the port of its own. */
export const webIdNotClientId: FindingKind<WebIdFacts & { clientId: number }> = {
	id: "CFM-WEB-005",
	severity: "error",
	title: () => t`A web ID is not the client ID`,
	text: ({ webId, clientId }) => t`the web ID is ${webId ?? ""}, the client ID is ${clientId}`,
	affected,
	remedies: (facts) => (facts.expectedId === facts.clientId ? set(facts) : []),
	dependsOn: ["CFM-CLIENT-002", "CFM-WEB-001"],
	sample: { ...anas, webId: "7", clientId: 9 },
};

/** Whether `web repair` can make a damaged store anew: those of Chromium and Firefox, in a profile that is known. */
export function isRepairable({ browser, profile }: Pick<WebIdFacts, "browser" | "profile">): boolean {
	return profile !== null && browser !== null && browser !== "ie" && browser !== "old-edge";
}

const storeDamaged: FindingKind<WebIdFacts> = {
	id: "CFM-WEB-006",
	severity: "warning",
	title: () => t`A browser's store is damaged`,
	text: ({ browser, profile }) =>
		profile === null
			? t`the list of profiles of ${browser ?? ""} is damaged`
			: t`the store of ${browser ?? ""}, profile ${profile}, is damaged`,
	affected,
	remedies: ({ user, environment, browser, profile }) => {
		if (user === null) return [];
		return [
			...(isRepairable({ browser, profile }) ? [remedyIn(environment, "web repair", [], { user })] : []),
			remedyIn(environment, "web steps", [user]),
		];
	},
	sample: anas,
};

const browserRuns: FindingKind<WebIdFacts> = {
	id: "CFM-WEB-007",
	severity: "notice",
	title: () => t`A browser runs`,
	text: ({ browser }) => t`${browser ?? ""} runs: the data on disk may be up to a minute old`,
	affected,
	sample: anas,
};

/** What is set there is gone, or of no use, the next time. */
export const webIdNotKept: FindingKind<WebIdFacts & { forgets: Forgetting | null }> = {
	id: "CFM-WEB-009",
	severity: "warning",
	title: () => t`A browser does not keep web IDs`,
	text: ({ browser, forgets }) => `${browser ?? ""}: ${forgets === null ? "" : forgettingText(forgets)}`,
	affected,
	// The extension sets it anew on each page; there is none for Firefox.
	remedies: ({ environment, browser }) =>
		/^(firefox|librewolf|waterfox)$/.test(browser ?? "")
			? []
			: [
					remedyIn(environment, "web policy export", [], {
						"out-dir": { fill: "DIR" },
						"update-url": { fill: "https://HOST/update.xml" },
					}),
				],
	sample: {
		...anas,
		webId: "7",
		forgets: { way: "clear-on-exit", by: "policy", setting: "ClearBrowsingDataOnExitList" },
	},
};

/** How a web ID compares with the user's allocation. */
export const webIdVerdicts = {
	ok: "fine",
	"not-kept": webIdNotKept,
	missing: webIdMissing,
	mismatch: wrongWebId,
	"not-a-number": webIdNoNumber,
	"unallocated-user": webIdWithoutAllocation,
	unknown: { unknown: wrongWebId },
} satisfies Verdicts<string, WebIdFacts & { forgets: Forgetting | null }>;

export type WebIdVerdict = keyof typeof webIdVerdicts;

/** What could be read of a browser's store. */
export const readStates: Verdicts<ReadState, WebIdFacts> = {
	readable: "fine",
	running: browserRuns,
	unreachable: { unknown: wrongWebId },
	unsupported: { unknown: wrongWebId },
	damaged: storeDamaged,
	denied: { unknown: wrongWebId },
	unknown: { unknown: wrongWebId },
	failed: { unknown: wrongWebId },
};

/** What is read there comes from people who may wish for the reader's rights. */
export const readersNotConfined: FindingKind<{ lacks: readonly ReaderLack[] }> = {
	id: "CFM-WEB-008",
	severity: "notice",
	title: () => t`Processes that read users' files are not fully confined`,
	text: ({ lacks }) => {
		const said: Readonly<Record<ReaderLack, string>> = {
			rights: t`they have more rights than to read`,
			network: t`they can reach the network`,
			memory: t`their memory is not fully limited`,
		};
		return lacks.map((lack) => said[lack]).join("; ");
	},
	sample: { lacks: ["rights", "network"] },
};

/** Those about what is in a profile. */
export const webIdOfProfiles: readonly AnyKind[] = [
	wrongWebId,
	webIdMissing,
	webIdNoNumber,
	webIdWithoutAllocation,
	webIdNotClientId,
	storeDamaged,
	browserRuns,
	webIdNotKept,
];

export const webIdKinds: readonly AnyKind[] = [...webIdOfProfiles, readersNotConfined];
