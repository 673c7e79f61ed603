import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { areaNamed } from "./area.js";
import type { Forgetting } from "./forgetting.js";
import type { placesIn, ScopeRequest } from "./scope.js";
import type {
	BrowserProfile,
	BrowserStores,
	Edit,
	EditOptions,
	EditOutcome,
	EditResult,
	StoreValues,
} from "./stores.js";

/** What is to become of the web ID of the sites of every place. */
export type Wish = { action: "set" } | { action: "remove" } | { action: "clear" };

/** One change, planned or made, as commands answer it. */
export interface WebIdChange {
	user: string | null;
	browser: string | null;
	profile: string | null;
	profilePath: string;
	site: string | null;
	/** The site around the frame whose storage it is; null: not a frame's. */
	frame: string | null;
	/** The container of Firefox whose storage it is, by its name or number; null: none's. */
	container: string | null;
	before: string | null;
	after: string | null;
	outcome: EditOutcome;
	/** In words, when it is not simply done. */
	why: string | null;
	/** Why the browser will not keep what is set; null when it will. */
	forgets: Forgetting | null;
	/** The backups that undo it: `cfm web backups restore ID`. */
	backups: string[];
	/** What each store that it is about had and has; Chromium may have two, and `before` is of one that was changed. */
	stores: StoreChange[];
	/** `before` or `after` when it can't be determined. */
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
	/** How many areas of the sites, in frames and containers, nobody asked to change. */
	otherAreas: number;
}

export interface WebIdAnswer {
	/** Whose IDs were asked for; backups do not know. */
	environment?: string;
	/** The folder that was named, and what made it. */
	profileDir?: string;
	browserKind?: string;
	changes: WebIdChange[];
	total: number;
}

/**
 * Decides what is written where, by trying each profile without writing. Of a user without an ID nothing is set.
 *
 * @param sites origins
 * @param frames whether their areas in frames and containers are meant, too
 */
export async function planWebIds(
	stores: BrowserStores,
	places: ReturnType<typeof placesIn>,
	wish: Wish,
	sites: readonly string[],
	options: Omit<EditOptions, "dryRun">,
	frames = false,
): Promise<WebIdPlan> {
	const plan: WebIdPlan = { entries: [], unreached: [], withoutId: [], unsure: [], leftAlone: [], otherAreas: 0 };
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
				...{ user, browser, profile: null, profilePath: path, site: null, frame: null, container: null },
				...{ before: null, after: null },
				...{ outcome: "unreachable", why, forgets: null, backups: [], stores: [], unknown: ["before", "after"] },
			});
			continue;
		}
		const { profile } = place;
		if (profile.kind === "domstore") {
			leftAlone.add(profile.user ?? profile.path);
			continue;
		}
		const wished = (origin: string): Edit =>
			wish.action === "set" ? { origin, action: "set", value: String(id) } : { origin, action: wish.action };
		const edits = sites.map(wished);
		const results = await stores.edit(profile, edits, { ...options, dryRun: true });
		const areas = results.flatMap((result) => result.areas ?? []);
		if (frames && areas.length > 0) {
			const more = areas.map(({ name }) => wished(name));
			results.push(...(await stores.edit(profile, more, { ...options, dryRun: true })));
			edits.push(...more);
		} else plan.otherAreas += areas.length;
		const named = new Map(areas.map(({ name, container }) => [name, container]));
		const changes = results.map((result) => toChange(profile, result, named.get(result.origin)));
		plan.entries.push({ profile, edits, changes });
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

/** @param container what the user calls the container that it is about */
export function toChange(profile: BrowserProfile, result: EditResult, container: string | null = null): WebIdChange {
	const { origin, stores, outcome, why, backups } = result;
	const { unknown, ...values } = toValues(result);
	const each = result.each ?? stores.map((store) => ({ store, before: result.before, after: result.after }));
	return {
		user: profile.user,
		browser: profile.browser,
		profile: profile.name,
		profilePath: profile.path,
		...areaNamed(origin, container),
		...values,
		outcome,
		why,
		forgets: result.forgets ?? null,
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
