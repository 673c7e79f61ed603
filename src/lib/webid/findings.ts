import type { AnyKind, FindingKind } from "../finding/finding.js";
import { fixable, remedyIn } from "../finding/remedy.js";
import type { Verdicts } from "../finding/verdict.js";
import { t } from "../text.js";
import type { ReadState } from "./ports.js";

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

const webIdMissing: FindingKind<WebIdFacts> = {
	id: "CFM-WEB-002",
	severity: "warning",
	title: () => t`A browser has no web ID for a site`,
	text: ({ site }) => t`there is no web ID for ${site ?? ""}: its page will ask the user to install the client`,
	affected,
	remedies: set,
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
	dependsOn: ["CFM-CLIENT-003"],
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

const storeDamaged: FindingKind<WebIdFacts> = {
	id: "CFM-WEB-006",
	severity: "warning",
	title: () => t`A browser's store is damaged`,
	text: ({ browser, profile }) => t`the store of ${browser ?? ""}, profile ${profile ?? ""}, is damaged`,
	affected,
	remedies: ({ user, environment }) => (user === null ? [] : [remedyIn(environment, "web steps", [user])]),
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

/** How a web ID compares with the user's allocation. */
export const webIdVerdicts = {
	ok: "fine",
	missing: webIdMissing,
	mismatch: wrongWebId,
	"not-a-number": webIdNoNumber,
	"unallocated-user": webIdWithoutAllocation,
	unknown: { unknown: wrongWebId },
} satisfies Verdicts<string, WebIdFacts>;

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
};

export const webIdKinds: readonly AnyKind[] = [
	wrongWebId,
	webIdMissing,
	webIdNoNumber,
	webIdWithoutAllocation,
	webIdNotClientId,
	storeDamaged,
	browserRuns,
];
