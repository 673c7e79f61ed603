import { requireEnvironment } from "../environment/environment.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { RegistryView } from "../registry/registry.js";
import { plural } from "../text.js";
import { listSites, type Site, sites } from "./site.js";

/** A site that was named, as browsers write its origin. */
export interface NamedSite {
	origin: string;
	note?: string | null | undefined;
}

export type SiteOutcome = "added" | "changed" | "removed" | "already-so";

export interface SitePlan extends Plan {
	environment: string;
	answers: { origin: string; note: string | null; since: string | null; outcome: SiteOutcome }[];
}

export interface SiteAnswer {
	environment: string;
	sites: SitePlan["answers"];
	total: number;
}

/**
 * Plans which sites an environment cares for from now on. A site that is there already stays, and gets the note when
 * another one was given; one that is named twice counts once.
 *
 * @throws CfmError not-found `no-environment`
 */
export async function planAddSites(
	view: RegistryView,
	request: { environment: string; sites: readonly NamedSite[] },
	now = new Date(),
): Promise<SitePlan> {
	const { name: environment } = await requireEnvironment(view, request.environment);
	const present = new Map((await listSites(view, environment)).map((site) => [site.origin, site]));
	const plan: SitePlan = { environment, answers: [], changes: [] };
	for (const { origin, note } of firstOfEach(request.sites)) {
		const before = present.get(origin) ?? null;
		if (before !== null && (note === undefined || note === null || note === before.note)) {
			plan.answers.push(toAnswer(before, "already-so"));
			continue;
		}
		const since = before?.since ?? now.toISOString();
		const after: Site = { environment, origin, note: note ?? null, since };
		plan.answers.push(toAnswer(after, before === null ? "added" : "changed"));
		plan.changes.push(recordChange(sites, "add-site", before, after, note ?? null));
	}
	return plan;
}

/**
 * Plans that sites are no longer managed; one that is not managed is already so. Nothing is removed from any browser.
 *
 * @throws CfmError not-found `no-environment`
 */
export async function planRemoveSites(
	view: RegistryView,
	request: { environment: string; origins: readonly string[] },
): Promise<SitePlan> {
	const { name: environment } = await requireEnvironment(view, request.environment);
	const present = new Map((await listSites(view, environment)).map((site) => [site.origin, site]));
	const plan: SitePlan = { environment, answers: [], changes: [] };
	for (const origin of new Set(request.origins)) {
		const before = present.get(origin);
		if (before === undefined) {
			plan.answers.push({ origin, note: null, since: null, outcome: "already-so" });
			continue;
		}
		plan.answers.push(toAnswer(before, "removed"));
		plan.changes.push(recordChange(sites, "remove-site", before, null));
	}
	return plan;
}

export function siteAnswer({ environment, answers }: SitePlan): SiteAnswer {
	return { environment, sites: answers, total: answers.length };
}

function toAnswer({ origin, note, since }: Site, outcome: SiteOutcome): SitePlan["answers"][number] {
	return { origin, note, since, outcome };
}

function firstOfEach(sites: readonly NamedSite[]): NamedSite[] {
	const seen = new Map<string, NamedSite>();
	for (const site of sites) if (!seen.has(site.origin)) seen.set(site.origin, site);
	return [...seen.values()];
}

/** `cfm sites add` and `cfm sites import`. */
export function addSites(request: Parameters<typeof planAddSites>[1]): RegistryOperation<SitePlan, SiteAnswer> {
	return { asked: request, plan: (view) => planAddSites(view, request), answer: siteAnswer };
}

/** `cfm sites remove`. */
export function removeSites(request: Parameters<typeof planRemoveSites>[1]): RegistryOperation<SitePlan, SiteAnswer> {
	return {
		asked: request,
		plan: (view) => planRemoveSites(view, request),
		danger: ({ environment, answers }) => {
			const removed = answers.filter(({ outcome }) => outcome === "removed");
			return {
				question: plural(removed.length, {
					one: `Stop managing 1 site of ${environment}?`,
					other: `Stop managing ${removed.length} sites of ${environment}?`,
				}),
				details: removed.map(({ origin }) => `  ${origin}`),
			};
		},
		answer: siteAnswer,
	};
}
