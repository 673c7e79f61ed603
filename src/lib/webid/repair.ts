import type { Danger, Narrator, OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import { becameOfChanges, eventsOf, intendedChanges } from "./edit.js";
import { isPlanned, toChange, type WebIdAnswer, type WebIdChange } from "./plan.js";
import type { ProfileFinder } from "./profiles.js";
import { placesIn, type Scope, type ScopeRequest } from "./scope.js";
import type { BrowserProfile, EditOptions, WebIdStores } from "./stores.js";

/** The profiles that are damaged, and what becomes of each. */
export interface RepairPlan {
	entries: { profile: BrowserProfile; change: WebIdChange }[];
}

type Repairing = Pick<WebIdStores, "repair">;
type Options = Omit<EditOptions, "dryRun">;

/** Looks for damage, in every profile that is meant; what is sound, or nothing cfm can repair, is left out. */
async function planRepair(
	{ repair }: Repairing,
	places: ReturnType<typeof placesIn>,
	options: Options,
): Promise<RepairPlan> {
	const plan: RepairPlan = { entries: [] };
	for await (const place of places) {
		if ("missing" in place || place.profile.kind === "domstore") continue;
		const result = await repair(place.profile, { ...options, dryRun: true });
		if (result.outcome === "already-so") continue;
		plan.entries.push({ profile: place.profile, change: ofNoSite(toChange(place.profile, result)) });
	}
	return plan;
}

const ofNoSite = (change: WebIdChange): WebIdChange => ({ ...change, site: null });

/** How many stores a plan would repair. */
export function countRepairs({ entries }: RepairPlan): number {
	return entries.filter(({ change }) => isPlanned(change)).length;
}

/** What such a plan answers while it is only one. */
export function repairAnswer({ entries }: RepairPlan): WebIdAnswer {
	const changes = entries.map(({ change }) => change);
	return { changes, total: changes.length };
}

async function applyRepair(
	{ repair }: Repairing,
	{ entries }: RepairPlan,
	options: Options,
	progress: (done: number, total: number) => void,
): Promise<WebIdAnswer> {
	const changes: WebIdChange[] = [];
	for (const [at, { profile, change }] of entries.entries()) {
		progress(at, entries.length);
		// What was refused when it was planned is left alone, though it might work by now: nobody agreed to it.
		if (!isPlanned(change)) changes.push(change);
		else changes.push(ofNoSite(toChange(profile, await repair(profile, { ...options, dryRun: false }))));
	}
	return { changes, total: changes.length };
}

/** `cfm web repair`. */
export function repairStores(
	{ finder, narrator, ...tools }: Repairing & { finder: ProfileFinder; narrator: Narrator },
	{ request, scope }: { request: ScopeRequest; scope: Scope },
	options: Options,
	danger: (plan: RepairPlan) => Danger,
): OutsideOperation<RepairPlan, WebIdAnswer, WebIdAnswer> {
	const { environment, folder } = request;
	return {
		asked: { request },
		plan: () =>
			narrator.withProgress(t`Reading browsers`, (progress) =>
				planRepair(tools, placesIn(scope, finder, progress), options),
			),
		danger,
		needed: (plan) => countRepairs(plan) > 0,
		intent: (plan) =>
			eventsOf("web.repair", environment, repairAnswer(plan).changes.filter(isPlanned), intendedChanges),
		apply: (plan) => narrator.withProgress(t`Writing`, (progress) => applyRepair(tools, plan, options, progress)),
		outcome: async (_plan, { changes }) => eventsOf("web.repair", environment, changes, becameOfChanges),
		answer: (plan, written) => ({
			environment,
			...(folder && { profileDir: folder.path, browserKind: folder.kind }),
			...(written ?? repairAnswer(plan)),
		}),
	};
}
