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
import type { Change } from "../registry/port.js";
import { t } from "../text.js";
import type {
	BrowserProfile,
	BrowserStores,
	Edit,
	EditOptions,
	EditOutcome,
	EditResult,
	StoreValues,
} from "./ports.js";
import type { ProfileFinder } from "./profiles.js";
import { placesIn, type Scope, type ScopeRequest } from "./scope.js";

/** What is to become of the web ID of the sites of every place. */
export type Wish = { action: "set" } | { action: "remove" } | { action: "clear" };

/** One change, planned or made, as commands answer it. */
export interface WebIdChange {
	user: string | null;
	browser: string | null;
	profile: string | null;
	profilePath: string;
	site: string | null;
	before: string | null;
	after: string | null;
	outcome: EditOutcome;
	/** In words, when it is not simply done. */
	why: string | null;
	/** The backups that undo it: `cfm web backups restore ID`. */
	backups: string[];
	/** What each store that it is about had and has; Chromium may have two, and `before` is of one that was changed. */
	stores: StoreChange[];
	/** `before` or `after` when it could not be told. */
	unknown: string[];
}

export interface StoreChange {
	store: StoreValues["store"];
	before: string | null;
	after: string | null;
	unknown: string[];
}

export interface WebIdPlan {
	/** In the order they were found; every profile's edits are made in one go. */
	entries: { profile: BrowserProfile; edits: Edit[]; changes: WebIdChange[] }[];
	/** Places where nothing can be changed, since nobody can look there. */
	unreached: WebIdChange[];
	/** Users (or folders) with a profile who have no ID to be written. */
	withoutId: string[];
	/** Users of whom nobody can tell which ID is theirs. */
	unsure: string[];
	/** Users with profiles that are left alone (Internet Explorer, old Edge): they must do it themselves. */
	leftAlone: string[];
}

export interface WebIdAnswer {
	/** Whose IDs were asked for; backups do not know. */
	environment?: string;
	changes: WebIdChange[];
	total: number;
}

/**
 * Decides what is written where, by trying each profile without writing. Of a user without an ID nothing is set.
 *
 * @param sites origins
 */
export async function planWebIds(
	stores: BrowserStores,
	places: ReturnType<typeof placesIn>,
	wish: Wish,
	sites: readonly string[],
	options: Omit<EditOptions, "dryRun">,
): Promise<WebIdPlan> {
	const plan: WebIdPlan = { entries: [], unreached: [], withoutId: [], unsure: [], leftAlone: [] };
	const withoutId = new Set<string>();
	const unsure = new Set<string>();
	const leftAlone = new Set<string>();
	for await (const place of places) {
		const { id } = place.expected;
		if (wish.action === "set" && id === null) {
			const user = "profile" in place ? place.profile.user : place.missing.user;
			if (user !== null && place.expected.why === "unknown") unsure.add(user);
			else withoutId.add(user ?? ("profile" in place ? place.profile.path : place.missing.path));
			continue;
		}
		if ("missing" in place) {
			const { user, browser, path, why } = place.missing;
			plan.unreached.push({
				...{ user, browser, profile: null, profilePath: path, site: null, before: null, after: null },
				...{ outcome: "unreachable", why, backups: [], stores: [], unknown: ["before", "after"] },
			});
			continue;
		}
		const { profile } = place;
		if (profile.kind === "domstore") {
			leftAlone.add(profile.user ?? profile.path);
			continue;
		}
		const edits = sites.map(
			(origin): Edit =>
				wish.action === "set" ? { origin, action: "set", value: String(id) } : { origin, action: wish.action },
		);
		const results = await stores.edit(profile, edits, { ...options, dryRun: true });
		plan.entries.push({ profile, edits, changes: results.map((result) => toChange(profile, result)) });
	}
	return { ...plan, withoutId: [...withoutId], unsure: [...unsure], leftAlone: [...leftAlone] };
}

/**
 * Refuses a plan for somebody who was named and has no ID to be written; of others it is only told.
 *
 * @throws CfmError not-found `no-allocation`; conflict `user-ambiguous`; usage `id-needed`
 */
export function refuseUnallocated(plan: WebIdPlan, { users, folder, environment }: ScopeRequest): void {
	const [without] = plan.withoutId;
	const [unsure] = plan.unsure;
	if (folder === undefined && (users.length !== 1 || /[*?]/.test(users[0] ?? ""))) return;
	if (unsure !== undefined) {
		throw new CfmError(
			"conflict",
			"user-ambiguous",
			t`Can't determine which ID in ${environment} belongs to ${unsure}.`,
			{
				hints: [
					t`Include the domain in the user name.`,
					{
						say: t`Or specify the folder:`,
						line: {
							again: {
								user: undefined,
								"profile-dir": { fill: "DIR" },
								"browser-kind": "chromium",
								id: { fill: "N" },
							},
						},
					},
				],
				data: { user: unsure, environment },
			},
		);
	}
	if (without === undefined) return;
	if (folder !== undefined && users.length === 0) {
		throw new CfmError("usage", "id-needed", t`Specify which ID to write to ${folder.path}.`, {
			hints: [
				{ again: { id: { fill: "N" } } },
				{ say: t`Or by the user whose ID it is:`, line: { again: { user: { fill: "NAME" } } } },
			],
		});
	}
	throw new CfmError("not-found", "no-allocation", t`${without} has no ID in ${environment}.`, {
		hints: [line("ids allocate", [without], { environment })],
		data: { user: without, environment },
	});
}

/** How many changes a plan would make. */
export function countPlanned({ entries }: { entries: readonly { changes: WebIdChange[] }[] }): number {
	return entries.flatMap(({ changes }) => changes).filter(isPlanned).length;
}

/** What a plan answers while it is only one. */
export function planAnswer({ entries, unreached }: WebIdPlan): WebIdAnswer {
	const changes = [...entries.flatMap(({ changes: own }) => own), ...unreached];
	return { changes, total: changes.length };
}

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
			changes.push(result === undefined ? one : toChange(profile, result));
		}
	}
	changes.push(...plan.unreached);
	return { changes, total: changes.length };
}

/** The error that a partly failed batch ends with. */
export function refusalOf({ environment, changes }: WebIdAnswer): CfmError | undefined {
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
				line("web list", [], { problems: true, environment }),
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

export function toChange(profile: BrowserProfile, result: EditResult): WebIdChange {
	const { origin, stores, outcome, why, backups } = result;
	const { unknown, ...values } = toValues(result);
	const each = result.each ?? stores.map((store) => ({ store, before: result.before, after: result.after }));
	return {
		user: profile.user,
		browser: profile.browser,
		profile: profile.name,
		profilePath: profile.path,
		site: origin,
		...values,
		outcome,
		why,
		backups,
		stores: each.map((one) => ({ store: one.store, ...toValues(one) })),
		unknown,
	};
}

function toValues({ before, after }: Pick<EditResult, "before" | "after">) {
	return {
		before: before.known ? before.value : null,
		after: after.known ? after.value : null,
		unknown: [...(before.known ? [] : ["before"]), ...(after.known ? [] : ["after"])],
	};
}

/** With both of Chromium's stores there, the plan may say so already. */
export function isPlanned(change: WebIdChange | undefined): boolean {
	return change?.outcome === "planned" || change?.outcome === "ambiguous";
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
	{ request, scope, wish }: { request: ScopeRequest; scope: Scope; wish: Wish },
	options: Omit<EditOptions, "dryRun">,
	danger: (plan: WebIdPlan) => Danger,
): OutsideOperation<WebIdPlan, WebIdAnswer, WebIdAnswer> {
	const { environment } = request;
	const sites = scope.sites === "all" ? [] : scope.sites;
	return {
		asked: { request, wish },
		async plan() {
			const plan = await narrator.withProgress(t`Reading browsers`, (progress) =>
				planWebIds(stores, placesIn(scope, finder, progress), wish, sites, options),
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
		answer: (plan, written) => ({ environment, ...(written ?? planAnswer(plan)) }),
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
function recorded({ browser, profile, site, before, after }: Omit<WebIdChange, "outcome">) {
	return { browser, profile: brief(profile), site, before: brief(before), after: brief(after) };
}

function brief(text: string | null): string | null {
	return text !== null && text.length > 100 ? `${text.slice(0, 100)}…` : text;
}

/** Who was left out, and why. */
function remarksOn({ withoutId, unsure, leftAlone }: WebIdPlan, environment: string): Hint[] {
	const remarks: Hint[] = [];
	if (withoutId.length > 0) remarks.push(t`Skipped, since they have no ID in ${environment}: ${some(withoutId)}`);
	if (unsure.length > 0) remarks.push(t`Skipped, since their ID can't be determined: ${some(unsure)}`);
	if (leftAlone.length > 0) {
		remarks.push({
			say: t`Set the web ID by hand in Internet Explorer and legacy Edge of ${some(leftAlone)}:`,
			line: line("web steps", [{ fill: "USER" }], { environment }),
		});
	}
	return remarks;
}

/** The first of many names. */
export function some(names: readonly string[]): string {
	const shown = names.slice(0, 10).join(", ");
	return names.length > 10 ? t`${shown} and ${names.length - 10} more` : shown;
}
