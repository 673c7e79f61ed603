import { resolve } from "node:path";
import { registered, relate } from "../account/whose.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Allocation } from "../id/allocation.js";
import type { OutsideOperation } from "../operation/operation.js";
import { plural, t } from "../text.js";
import { countedFrom } from "./clock.js";
import { changedFields, differences, type FoundDifference, type RecordDifference } from "./differences.js";
import type { RecordKind } from "./kind.js";
import { isOnServer, shortName } from "./location.js";
import { whereSeen } from "./look.js";
import { newerLooks } from "./newer-looks.js";
import type { RegistryProvider, Replaced } from "./provider.js";
import { changedMeanwhile } from "./refusals.js";
import type { Attribution, Change, Registry, RegistryView } from "./registry.js";

/** An ID that somebody got after the backup was made: a restore forgets whose it is, but it is out on a client. */
export interface ForgottenId {
	environment: string;
	id: number;
	user: string;
	/** When the quarantine ends that keeps it from others, ISO 8601 UTC; null where there is none. */
	until: string | null;
}

/** What a restore does to the registry of today. */
export interface RestoreEffects {
	forgotten: ForgottenId[];
	differences: FoundDifference[];
	/** What keeps the IDs that are out from being given again. */
	quarantines: Change[];
	/** Whether the backup is one of this registry; null when one of them has no event yet. */
	ofThisRegistry: boolean | null;
}

/** How a restore is to go about IDs that were given since. */
export interface RestoreRules {
	/** All that the registry keeps. */
	kinds: readonly RecordKind[];
	/** IDs that were given since are free at once. */
	freeForgotten: boolean;
	/** Where an environment has no quarantine. */
	usualQuarantineDays: number;
}

/** What going back to `then` changes, seen from one state of the registry. */
async function restoreEffects(
	then: RegistryView,
	now: RegistryView,
	{ kinds, freeForgotten, usualQuarantineDays }: RestoreRules,
	time: Date,
): Promise<RestoreEffects> {
	const found = await differences(then, now, kinds);
	const forgotten: ForgottenId[] = [];
	const quarantines: Change[] = [];
	const from = await countedFrom(now, time);
	for (const { kind, before: row, after } of found) {
		if (kind !== "allocation" || row === null) continue;
		const held = row as Allocation;
		const domains = (await now.environment(held.environment))?.domains ?? [];
		const earlier = after as Allocation | null;
		const isTheirs =
			earlier?.state === "allocated" && relate(registered(earlier), registered(held), domains) === "same";
		if (held.state === "reserved" || isTheirs) continue;
		const environment = await then.environment(held.environment);
		const isSeen = held.state === "quarantined" && (await isStillOut(now, held));
		const rest = freeForgotten ? undefined : resting(held, earlier, environment, { from, usualQuarantineDays, isSeen });
		if (rest !== undefined) {
			const { environment, id } = rest;
			const action = "id.quarantine";
			quarantines.push({ of: "allocation", action, environment, id, before: earlier, after: rest });
		}
		if (held.state !== "allocated") continue;
		const { environment: name, id, user } = held;
		forgotten.push({ environment: name, id, user: user ?? "", until: rest?.until ?? null });
	}
	const [one, other] = [await then.identity(), await now.identity()];
	return { forgotten, differences: found, quarantines, ofThisRegistry: one && other ? one === other : null };
}

/** Whether a last look saw an ID on a client or in a browser: then its quarantine does not end by the calendar. */
async function isStillOut(now: RegistryView, { environment, id }: Allocation): Promise<boolean> {
	for await (const chunk of whereSeen(now, environment, id)) if (chunk.length > 0) return true;
	return false;
}

/**
 * The quarantine of an ID that is out on a client, and that the backup would give again: as long as after a release, or as it
 * is now where it was released. Where nobody wants quarantines an ID is free when somebody released it; this one nobody
 * did, so it rests for the usual time.
 */
function resting(
	held: Allocation,
	earlier: Allocation | null,
	environment: Environment | undefined,
	{ from, usualQuarantineDays, isSeen }: { from: Date; usualQuarantineDays: number; isSeen: boolean },
): Allocation | undefined {
	if (environment === undefined || held.id < environment.firstId || held.id > environment.lastId) return undefined;
	if (earlier !== null && earlier.state !== "quarantined") return undefined;
	const days = environment.quarantineDays || usualQuarantineDays;
	const end = new Date(from.getTime() + days * 86_400_000).toISOString();
	const until = [held.until ?? end, earlier?.until ?? ""].sort().at(-1) ?? end;
	if (held.state === "quarantined" && until <= from.toISOString() && !isSeen) return undefined;
	const since = held.state === "quarantined" ? held.since : from.toISOString();
	return { ...held, environment: environment.name, state: "quarantined", since, until };
}

export interface RestoreAnswer {
	registry: string;
	backup: string;
	/** IDs that are allocated now, and not, or not to the same user, in the backup. */
	forgotten: ForgottenId[];
	total: number;
	/** Every record that becomes another one. */
	changes: RecordDifference[];
	/** Whether the backup is one of the registry that it replaces; null: there is none, or it can't be determined. */
	ofThisRegistry: boolean | null;
	unknown: string[];
	/** Where what was there is kept. */
	kept: string | null;
	/** Where the log of changes is that lay there of a registry that is gone. */
	aside: string[];
}

/** What a restore works with. */
export interface Restoring extends RestoreRules {
	location: string;
	/** The backup's file. */
	file: string;
	/** The same, opened: what is checked is what is used. */
	copy: Registry;
	/** Whether a person is shown the plan and answers. If the answer came with the command, nobody agreed to a plan. */
	asks: boolean;
	/** Opens the registry of today. */
	current(): Promise<Registry>;
	/** Closes it. */
	release(): void | Promise<void>;
	clock(): Date;
	attribution: Attribution;
}

interface Done {
	effects: RestoreEffects | null;
	replaced: Replaced;
}

/**
 * `cfm registry restore`: somebody must specify its file name. What it changes is determined under the lock that it then changes it
 * under; when somebody was asked before, it must still be what they saw. The registry itself writes the event, in the
 * transaction that replaces its content.
 */
export function restoreRegistry(
	registries: RegistryProvider,
	restoring: Restoring,
): OutsideOperation<RestoreEffects | null, Done, RestoreAnswer> {
	const { location, file, copy, asks, current, release, clock, attribution } = restoring;
	const compare = (now: RegistryView) => copy.read((then) => restoreEffects(then, now, restoring, clock()));
	return {
		asked: { file },
		async plan() {
			const { problems } = await copy.check(restoring.kinds);
			if (problems[0] === undefined) return whatIsThere(current, compare);
			throw new CfmError("unavailable", "backup-damaged", t`${file} is damaged: ${problems[0].message}`, {
				hints: [t`Use another backup.`],
				data: { problems },
			});
		},
		danger: (effects) => ({
			name: shortName(location),
			question: t`Replace ${location}?`,
			details:
				effects === null ? [t`  Can't determine what changes: the registry is damaged or missing.`] : told(effects),
		}),
		needed: () => true,
		intent: () => [],
		async apply(agreed) {
			await release();
			let effects: RestoreEffects | null = null;
			const replaced = await registries.replace(location, copy, attribution, async (now) => {
				effects = now === undefined ? null : await compare(now);
				if (asks && sameEffects(effects) !== sameEffects(agreed)) {
					throw changedMeanwhile(t`The registry ${location} was changed while you were asked.`);
				}
				const changes = effects?.quarantines ?? [];
				const after = {
					...{ backup: resolve(file), forgotten: effects?.forgotten.length ?? null },
					...(changes.length === 0 ? {} : { quarantined: changes.length }),
				};
				const looks = now === undefined ? [] : await copy.read((then) => newerLooks(then, now));
				return { event: { of: "registry", action: "restore", environment: "", after }, changes, looks };
			});
			return { effects, replaced };
		},
		outcome: async () => [],
		answer: (plan, done) => {
			const effects = done === undefined ? plan : done.effects;
			return {
				registry: done === undefined || isOnServer(location) ? location : resolve(location),
				backup: file,
				forgotten: effects?.forgotten ?? [],
				total: effects?.forgotten.length ?? 0,
				changes: (effects?.differences ?? []).map(({ of: _, ...difference }) => difference),
				ofThisRegistry: effects?.ofThisRegistry ?? null,
				unknown: effects === null ? ["forgotten", "changes"] : [],
				kept: done?.replaced.kept ?? null,
				aside: done?.replaced.aside ?? [],
			};
		},
	};
}

/** What two plans are compared by: the records, not the moment. */
function sameEffects(effects: RestoreEffects | null): string {
	return JSON.stringify(effects?.differences.map(({ of: _, ...difference }) => difference) ?? null);
}

/** null: the registry of today cannot be read, so nobody knows. */
async function whatIsThere(
	current: () => Promise<Registry>,
	compare: (now: RegistryView) => Promise<RestoreEffects>,
): Promise<RestoreEffects | null> {
	try {
		const registry = await current();
		return await registry.read(compare);
	} catch (error) {
		if (error instanceof CfmError && (error.code === "no-registry" || error.kind === "unavailable")) return null;
		throw error;
	}
}

/** Lines of a question; beyond these only their number is told. */
const listed = 50;

function told({ forgotten, differences, ofThisRegistry }: RestoreEffects): string[] {
	const given = forgotten.map(({ id, user, environment, until }) =>
		until === null
			? t`  ID ${id} of ${user} (${environment}) will be forgotten`
			: t`  ID ${id} of ${user} (${environment}) will be forgotten, and quarantined until ${until.slice(0, 10)}`,
	);
	const isForgotten = new Set(forgotten.map(({ environment, id }) => `${environment} ${id}`));
	const others = differences
		.filter(
			({ kind, before, environment, id }) =>
				!(kind === "allocation" && before !== null && isForgotten.has(`${environment} ${id}`)),
		)
		.map(
			(difference) =>
				`  ${difference.of.called((difference.before ?? difference.after) as object)}: ${inWords(difference)}`,
		);
	const lines = [...given, ...others];
	return [
		...(ofThisRegistry === false ? [t`  The backup is of another registry.`] : []),
		...lines.slice(0, listed),
		...(lines.length > listed
			? [
					plural(lines.length - listed, {
						one: "  and 1 more (see --dry-run)",
						other: `  and ${lines.length - listed} more (see --dry-run)`,
					}),
				]
			: []),
	];
}

/** What becomes of a record, in words. */
export function inWords(difference: RecordDifference): string {
	const { before, after } = difference;
	if (after === null) return t`will be gone`;
	if (before === null) return t`comes back`;
	return changedFields(difference)
		.map((field) => `${field}: ${shown(before, field)} -> ${shown(after, field)}`)
		.join(", ");
}

function shown(row: object, field: string): string {
	const value = (row as Record<string, unknown>)[field] ?? "-";
	return typeof value === "object" ? JSON.stringify(value) : String(value);
}
