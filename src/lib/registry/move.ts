import { CfmError } from "../errors.js";
import type { OutsideOperation } from "../operation/operation.js";
import { plural, t } from "../text.js";
import type { RecordKind } from "./kind.js";
import type { RegistryProvider } from "./provider.js";
import { registryMoved } from "./refusals.js";
import type { Attribution, MoveEvent, Registry, RegistryInfo } from "./registry.js";

/** How much a registry holds. */
export type Content = Pick<RegistryInfo, "environments" | "allocations" | "events">;

export interface MoveAnswer extends Content {
	registry: string;
	from: number;
	to: number;
	changed: boolean;
	/** A copy of what was there before; null where nothing was. */
	kept: string | null;
	/** Where it goes on. */
	movedTo: string;
}

/** One end of a move. */
export interface Place {
	location: string;
	registries: RegistryProvider;
	/** Opens it to look at it. */
	open(): Promise<Registry>;
}

export interface Moving {
	from: Place;
	to: Place;
	kinds: readonly RecordKind[];
	attribution: Attribution;
	/** A file that is not there yet, in a folder that nobody else can enter. */
	copy: string;
	/** Does long work under a sign that it goes on. */
	during<T>(label: string, work: () => Promise<T>): Promise<T>;
}

interface MovePlan extends Content {
	registry: string;
	schema: number;
	/** What is at the new place: nothing, an empty registry, what an earlier move away from there left, all of it already. */
	there: "nothing" | "empty" | "left" | "all";
}

/**
 * `cfm registry migrate --to`: the whole registry goes on in another place, its event log unbroken.
 *
 * First the old one is told to be left, then it is copied: so at no time two can be changed. What is interrupted is taken up
 * by the same command. The new one can be changed only once its event of arrival stands in it, which is put there together with
 * the content.
 */
export function moveRegistry(moving: Moving): OutsideOperation<MovePlan, string | null, MoveAnswer> {
	const { from, to } = moving;
	return {
		asked: { to: to.location },
		async plan() {
			if (from.location === to.location)
				throw new CfmError("usage", "same-registry", t`${to.location} is the registry itself.`);
			const registry = await from.open();
			try {
				const { schema, identity, ...content } = await registry.info();
				const { environments, allocations, events } = content;
				const left = await leftFor(registry);
				if (left !== undefined && left !== to.location) throw registryMoved(left);
				const there = await lookThere(to, { identity, events, isLeft: left !== undefined });
				return { registry: from.location, schema, environments, allocations, events, there };
			} finally {
				await registry.close();
			}
		},
		danger: ({ registry, allocations, there }) => ({
			question: plural(allocations, {
				one: `Move ${registry} with 1 ID to ${to.location}?`,
				other: `Move ${registry} with ${allocations} IDs to ${to.location}?`,
			}),
			details: [
				t`  Afterwards ${registry} can only be read, and says where it went.`,
				...(there === "left"
					? [t`  What is left at ${to.location} of an earlier move is replaced; a copy is kept.`]
					: []),
			],
		}),
		needed: ({ there }) => there !== "all",
		intent: () => [],
		apply: (plan) => carryOver(plan, moving),
		outcome: async () => [],
		answer: ({ registry, schema, there, ...content }, kept) => {
			const { environments, allocations, events } = content;
			const changed = there !== "all";
			return {
				...{ registry, from: schema, to: schema, changed, kept: kept ?? null, movedTo: to.location },
				...{ environments, allocations, events },
			};
		},
	};
}

/** Where a registry was told to go on; undefined when it goes on itself. */
async function leftFor(registry: Registry): Promise<string | undefined> {
	const last = await registry.read((view) => view.lastEvent());
	return last?.action === "registry.leave" ? (last.after as MoveEvent["after"]).registry : undefined;
}

/** @throws CfmError conflict `registry-not-empty` */
async function lookThere(
	to: Place,
	source: { identity: string | null; events: number; isLeft: boolean },
): Promise<MovePlan["there"]> {
	if (!(await to.registries.isThere(to.location))) return "nothing";
	const registry = await to.open();
	try {
		const { identity, events } = await registry.info();
		if (events === 0) return "empty";
		const isSame = identity !== null && identity === source.identity;
		const arrived = await registry.read((view) => view.lastEvent("registry.arrive"));
		if (isSame && source.isLeft && arrived?.seq === source.events + 1) return "all";
		if (isSame && (await leftFor(registry)) !== undefined) return "left";
		throw new CfmError("conflict", "registry-not-empty", t`There is another registry at ${to.location}.`, {
			hints: [t`Specify a new file, or a database without a registry.`],
			data: { registry: to.location, events },
		});
	} finally {
		await registry.close();
	}
}

/** @returns where a copy of what was there is; null where nothing was */
async function carryOver({ there }: MovePlan, moving: Moving): Promise<string | null> {
	const { from, to, kinds, attribution, copy: file, during } = moving;
	// Whether it can be moved, and the new place be had, is known before the old one is left.
	const whole = await from.open();
	try {
		await during(t`Checking`, () => refuseDamage(whole, kinds));
	} finally {
		await whole.close();
	}
	if (there === "nothing") await to.registries.create(to.location, { adopt: false });
	await to.registries.refuseOthers?.(to.location);
	await from.registries.leave(from.location, to.location, attribution);
	try {
		const old = await from.open();
		try {
			await during(t`Copying`, () => old.backup(file));
		} finally {
			await old.close();
		}
		const copy = await from.registries.openCopy(file);
		try {
			const event: MoveEvent = {
				...{ of: "registry", action: "registry.arrive", environment: "" },
				...{ before: { registry: from.location }, after: { registry: to.location } },
			};
			const { kept, more = 0 } = await during(t`Writing`, () =>
				to.registries.replace(to.location, copy, attribution, async () => ({ event, changes: [] })),
			);
			await during(t`Checking`, () => compare(copy, to, kinds, more));
			if (there === "left" || kept === null) return kept;
			await to.registries.removeBackup(kept);
			return null;
		} finally {
			await copy.close();
		}
	} catch (error) {
		throw unfinished(error, from.location);
	}
}

/** Counts, the log's chain of hashes, and every rule that a check knows: the new one has all that the copy has. */
async function compare(copy: Registry, to: Place, kinds: readonly RecordKind[], more: number): Promise<void> {
	const registry = await to.open();
	try {
		await refuseDamage(registry, kinds);
		const [before, after] = [await copy.info(), await registry.info()];
		const isWhole =
			before.identity === after.identity &&
			before.environments === after.environments &&
			before.allocations === after.allocations &&
			before.events + 1 + more === after.events;
		if (!isWhole || (await digest(copy, before.events)) !== (await digest(registry, before.events)))
			throw notWholeError(to.location);
	} finally {
		await registry.close();
	}
}

/** What the log says up to an event, and the state that it led to: both are hashed, whatever store they are in. */
async function digest(registry: Registry, events: number): Promise<string> {
	const { createHash } = process.getBuiltinModule("node:crypto");
	const hash = createHash("sha256");
	await registry.read(async (view) => {
		// Each store puts the fields in an order of its own.
		const tell = (one: object) => hash.update(JSON.stringify(Object.entries(one).sort()));
		for await (const chunk of view.events({ before: events + 1 })) chunk.forEach(tell);
		for await (const chunk of view.allocations({})) chunk.forEach(tell);
	});
	return hash.digest("hex");
}

async function refuseDamage(registry: Registry, kinds: readonly RecordKind[]): Promise<void> {
	const { problems } = await registry.check(kinds);
	if (problems[0] === undefined) return;
	throw new CfmError("unavailable", "registry-damaged", t`${registry.location} is damaged: ${problems[0].message}`, {
		data: { problems },
	});
}

function notWholeError(location: string): CfmError {
	return new CfmError("unavailable", "move-not-whole", t`What was written to ${location} is not what was read.`, {
		hints: [t`Do not use it. Look for what changes it, and move the registry again.`],
		data: { registry: location },
	});
}

/** What stopped a move after the old registry was left. */
function unfinished(error: unknown, from: string): unknown {
	if (!(error instanceof CfmError)) return error;
	return new CfmError(error.kind, error.code, error.message, {
		hints: [...error.hints, { say: t`${from} can't be changed until the move is finished:`, line: { again: {} } }],
		data: error.data,
		cause: error,
	});
}
