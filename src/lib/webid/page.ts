import { type Fact, pagePart } from "../finding/page-part.js";
import { t } from "../text.js";
import type { ListedWebId } from "./list.js";

interface WebIdPartSources {
	/** Looks into the user's browsers, one profile after the other. */
	webIds: () => AsyncIterable<ListedWebId>;
}

/** What somebody's browsers hold on this machine, by browser and site. */
const webIds = pagePart<WebIdPartSources, "webIds", ListedWebId[]>({
	name: "webIds",
	title: () => t`Web IDs`,
	needs: ["webIds"],
	look: ({ webIds }) => Array.fromAsync(webIds()),
	facts: webIdFacts,
});

/** Web IDs, a line each. */
export function webIdFacts(told: readonly ListedWebId[]): Fact[] {
	if (told.length === 0) return [[t`Web IDs`, t`none found on this machine`]];
	return told.map(({ webId, site, browser, profile, verdict, unknown }) => {
		const value = unknown.length > 0 ? t`unknown` : (webId ?? t`none`);
		const where = [browser, profile].filter((part) => part !== null).join(", ");
		return [t`Web ID`, t`${value} (${verdict})  ${site ?? ""}  ${where}`];
	});
}

export const webIdParts = [webIds];
