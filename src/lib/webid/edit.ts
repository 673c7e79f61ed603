import { type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import {
	became,
	type Danger,
	type Deed,
	intended,
	type Narrator,
	type OutsideOperation,
} from "../operation/operation.js";
import type { Change } from "../registry/registry.js";
import { plural, someOf, t } from "../text.js";
import {
	countPlanned,
	isPlanned,
	planAnswer,
	planWebIds,
	refuseUnallocated,
	toChange,
	type WebIdAnswer,
	type WebIdChange,
	type WebIdPlan,
	type Wish,
} from "./plan.js";
import type { ProfileFinder } from "./profiles.js";
import { placesIn, type Scope, type ScopeRequest } from "./scope.js";
import type { BrowserStores, EditOptions, EditOutcome } from "./stores.js";

/** Makes the changes of a plan, profile by profile; what can no longer be done says so in its outcome. */
export async function applyWebIds(
	stores: BrowserStores,
	plan: WebIdPlan,
	options: Omit<EditOptions, "dryRun">,
	progress: (done: number, total: number) => void = () => {},
): Promise<WebIdAnswer> {
	const changes: WebIdChange[] = [];
	for (const [at, { profile, edits, changes: planned }] of plan.entries.entries()) {
		progress(at, plan.entries.length);
		if (!planned.some(isPlanned)) {
			changes.push(...planned);
			continue;
		}
		// What was refused when it was planned is left alone, though it might work by now: nobody agreed to it.
		const agreed = edits.filter((_, index) => isPlanned(planned[index]));
		const results = (await stores.edit(profile, agreed, { ...options, dryRun: false })).values();
		for (const one of planned) {
			const result = isPlanned(one) ? results.next().value : undefined;
			changes.push(result === undefined ? one : { ...toChange(profile, result, one.container), forgets: one.forgets });
		}
	}
	changes.push(...plan.unreached);
	return { changes, total: changes.length };
}

/** The error that a partly failed batch ends with. */
export function refusalOf({ environment, changes, profileDir, browserKind }: WebIdAnswer): CfmError | undefined {
	const refused = changes.filter(({ outcome }) => isRefusal(outcome));
	const [first] = refused;
	if (first === undefined) return undefined;
	const running = refused.filter(({ outcome }) => outcome === "in-use");
	const names = [...new Set(refused.map(({ user, profilePath }) => user ?? profilePath))];
	const shown = names.length > 5 ? [...names.slice(0, 5), "…"] : names;
	return new CfmError(
		"partial",
		"web-ids-refused",
		t`${refused.length} of ${changes.length} web IDs were not written: ${shown.join(", ")}.`,
		{
			hints: [
				...(running.length === 0 ? [] : [t`Close the browser where it runs, then run the command again.`]),
				line("web list", [], { "profile-dir": profileDir, "browser-kind": browserKind, problems: true, environment }),
				...(first.user === null ? [] : [line("web steps", [first.user], { environment })]),
			],
			data: { refused: refused.length, total: changes.length, users: names.slice(0, 100) },
		},
	);
}

/** Whether an outcome means that what was asked for is not so. */
export function isRefusal(outcome: EditOutcome): boolean {
	return ["in-use", "unreachable", "refused", "failed", "busy"].includes(outcome);
}

/** What a change of web IDs works with. */
export interface WebIdTools {
	stores: BrowserStores;
	finder: ProfileFinder;
	narrator: Narrator;
}

/** `cfm web set` and `cfm web clear`. */
export function writeWebIds(
	{ stores, finder, narrator }: WebIdTools,
	{ request, scope, wish, frames }: { request: ScopeRequest; scope: Scope; wish: Wish; frames: boolean },
	options: Omit<EditOptions, "dryRun">,
	danger: (plan: WebIdPlan) => Danger,
): OutsideOperation<WebIdPlan, WebIdAnswer, WebIdAnswer> {
	const { environment } = request;
	const sites = scope.sites === "all" ? [] : scope.sites;
	return {
		asked: { request, wish, ...(frames && { frames }) },
		async plan() {
			const plan = await narrator.withProgress(t`Reading browsers`, (progress) =>
				planWebIds(stores, placesIn(scope, finder, progress), wish, sites, options, frames),
			);
			refuseUnallocated(plan, request);
			for (const remark of remarksOn(plan, environment)) narrator.warn(remark);
			return plan;
		},
		danger,
		needed: (plan) => countPlanned(plan) > 0,
		intent: (plan) =>
			eventsOf(actionOf(wish), environment, planAnswer(plan).changes.filter(isPlanned), intendedChanges),
		apply: (plan) => narrator.withProgress(t`Writing`, (progress) => applyWebIds(stores, plan, options, progress)),
		outcome: async (_plan, { changes }) => eventsOf(actionOf(wish), environment, changes, becameOfChanges),
		answer: (plan, written) => ({
			environment,
			...(request.folder && { profileDir: request.folder.path, browserKind: request.folder.kind }),
			...(written ?? planAnswer(plan)),
		}),
	};
}

function actionOf({ action }: Wish): Deed["action"] {
	return action === "set" ? "web.set" : action === "clear" ? "web.clear" : "web.remove";
}

/** One event for each user (or folder) whose browsers a change is about. */
export function eventsOf(
	action: Deed["action"],
	environment: string,
	changes: readonly WebIdChange[],
	tell: (act: Deed, changes: readonly WebIdChange[]) => Change,
): Change[] {
	const byUser = Map.groupBy(changes, ({ user, profilePath }) => user ?? profilePath);
	return [...byUser].map(([subject, own]) => tell({ action, environment, subject }, own));
}

export const intendedChanges = (act: Deed, changes: readonly WebIdChange[]): Change =>
	intended(act, null, { ...whose(changes), changes: changes.map(({ outcome: _, ...change }) => recorded(change)) });

export const becameOfChanges = (act: Deed, changes: readonly WebIdChange[]): Change =>
	became(act, {
		...whose(changes),
		changes: changes.map((change) => ({ ...recorded(change), outcome: change.outcome })),
	});

/** Whom events are found by, with or without an ID. */
function whose([first]: readonly WebIdChange[]) {
	return first === undefined || first.user === null ? {} : { user: first.user };
}

/** What the log keeps of a change: enough to see what was written where, cut where a user could have made it long. */
function recorded({ browser, profile, site, frame, container, before, after }: Omit<WebIdChange, "outcome">) {
	const area = { ...(frame !== null && { frame: brief(frame) }), ...(container !== null && { container }) };
	return { browser, profile: brief(profile), site, ...area, before: brief(before), after: brief(after) };
}

function brief(text: string | null): string | null {
	return text !== null && text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** What sites keep in frames and containers is not meant unless it is asked for, but never passed over in silence. */
export function otherAreasRemark(count: number): Hint {
	return {
		say: plural(count, {
			one: `1 more place where a site keeps data, in a frame of another site or in a container, was left out. To include it:`,
			other: `${count} more places where sites keep data, in frames of other sites or in containers, were left out. To include them:`,
		}),
		line: { again: { frames: true } },
	};
}

/** Who was left out, and why. */
function remarksOn({ withoutId, unsure, leftAlone, otherAreas }: WebIdPlan, environment: string): Hint[] {
	const remarks: Hint[] = otherAreas === 0 ? [] : [otherAreasRemark(otherAreas)];
	if (withoutId.length > 0) remarks.push(t`Skipped, since they have no ID in ${environment}: ${someOf(withoutId)}`);
	if (unsure.length > 0) remarks.push(t`Skipped, since their ID can't be determined: ${someOf(unsure)}`);
	if (leftAlone.length > 0) {
		remarks.push({
			say: t`Set the web ID by hand in Internet Explorer and legacy Edge of ${someOf(leftAlone)}:`,
			line: line("web steps", [{ fill: "USER" }], { environment }),
		});
	}
	return remarks;
}
