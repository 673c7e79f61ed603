import type { RegistryView } from "../registry/registry.js";
import type { ListedWebId } from "./list.js";

/** What earlier looks saw in the browsers of a machine, the newest that was there: by place and site. */
export type WebIdsBefore = ReadonlyMap<string, string>;

type Place = Pick<ListedWebId, "user" | "browser" | "profile" | "site">;

/** One site in one profile of one browser of one user. */
export function placeOf({ user, browser, profile, site }: Place): string {
	return JSON.stringify([user, browser, profile, site]);
}

/** The web IDs that earlier looks saw: what is missing now was lost there. */
export async function webIdsBefore(
	view: Pick<RegistryView, "sightings">,
	environment: string,
	machine: string,
): Promise<WebIdsBefore> {
	const before = new Map<string, string>();
	for await (const chunk of view.sightings({ environment, machine, kinds: ["web-ids"] })) {
		for (const { user, facts } of chunk) {
			const { had, browser, profile, site } = facts as { had?: unknown } & Omit<Place, "user">;
			if (typeof had === "string") before.set(placeOf({ user, browser, profile, site }), had);
		}
	}
	return before;
}
