import type { AnyKind, FindingKind } from "../finding/finding.js";
import { fixable, remedyIn } from "../finding/remedy.js";
import { someOf, t } from "../text.js";
import type { WebIdFacts } from "../webid/findings.js";
import { webIdsLeft } from "./edition-findings.js";

const anas: WebIdFacts = {
	environment: "default",
	user: "CORP\\ana",
	browser: "chrome",
	profile: "Default",
	site: "https://consigno.example",
	webId: null,
	expectedId: 7,
};

const affected = ({ user, site }: Pick<WebIdFacts, "user" | "site">) => ({
	users: user === null ? [] : [user],
	sites: site === null ? [] : [site],
});

/** What belongs there is written where it is missing; of whose profile nobody knows, nothing is. */
const set = ({ environment, user, browser, site, expectedId }: WebIdFacts) =>
	user === null || site === null || expectedId === null
		? []
		: [fixable(remedyIn(environment, "web set", [], { user, browser: browser ?? undefined, site }))];

interface Disagreement {
	environment: string;
	user: string;
	site: string;
	expectedId: number | null;
	/** What each browser has. */
	values: readonly { browser: string | null; profile: string | null; webId: string }[];
}

/** Clarification 2 of the vendor's page: in each browser, for each site, the same. */
export const browsersDisagree: FindingKind<Disagreement> = {
	id: "CFM-AUDIT-002",
	severity: "error",
	title: () => t`A user's browsers have different web IDs`,
	text: ({ site, values }) =>
		t`for ${site}: ${someOf(values.map(({ browser, profile, webId }) => `${webId} (${browser ?? ""} ${profile ?? ""})`))}`,
	affected,
	remedies: ({ environment, user, site, expectedId }) =>
		expectedId === null ? [] : [fixable(remedyIn(environment, "web set", [], { user, site }))],
	dependsOn: ["CFM-WEB-001", "CFM-WEB-003", "CFM-WEB-004"],
	sample: {
		...{ environment: "default", user: "CORP\\ana", site: "https://consigno.example", expectedId: 7 },
		values: [
			{ browser: "chrome", profile: "Default", webId: "7" },
			{ browser: "edge", profile: "Default", webId: "9" },
		],
	},
};

/** Clarification 3: the cache was cleared. */
export const webIdLost: FindingKind<WebIdFacts & { had: string }> = {
	id: "CFM-AUDIT-003",
	severity: "warning",
	title: () => t`A browser has lost its web ID`,
	text: ({ site, had }) =>
		t`the web ID for ${site ?? ""} was ${had} at an earlier look, and is gone: its data was cleared`,
	affected,
	remedies: set,
	sample: { ...anas, had: "7" },
};

/** Clarification 4: a new site or a new browser. */
export const siteNeverSet: FindingKind<WebIdFacts> = {
	id: "CFM-AUDIT-004",
	severity: "warning",
	title: () => t`A browser never had a web ID for a site`,
	text: ({ site }) => t`no look has seen a web ID for ${site ?? ""}: its page will ask the user to install the client`,
	affected,
	remedies: set,
	sample: anas,
};

export const webAuditKinds: readonly AnyKind[] = [browsersDisagree, webIdLost, siteNeverSet, webIdsLeft];
