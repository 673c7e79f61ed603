import { expect, it } from "vitest";
import { activations as kind } from "../../src/lib/activation/activation.js";
import { dueActivations } from "../../src/lib/activation/due.js";
import { type ToldActivation, tellActivation } from "../../src/lib/activation/told.js";
import { dayLength } from "../../src/lib/calendar/day.js";
import { CfmError } from "../../src/lib/errors.js";
import type { Plan, RegistryOperation } from "../../src/lib/operation/operation.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import type { Registry } from "../../src/lib/registry/registry.js";
import { ActivationStage, rules } from "../lib/activation/activation-stage.js";
import fc from "../property.js";
import { anAttribution, anEnvironment, collect, environmentChange, make, type OpenStore, type Store } from "./store.js";

/** An activation as far as the model goes; instants in milliseconds. */
interface Modelled {
	user: string;
	step:
		| "approved"
		| "identity-confirmed"
		| "software-checked"
		| "number-entered"
		| "activated"
		| "cancelled"
		| "replaced";
	from: number;
	basis: "approval" | "mail";
	attempts: number;
	renewals: number;
}

interface Model {
	now: number;
	rows: Modelled[];
	events: number;
}

const order = ["approved", "identity-confirmed", "software-checked", "number-entered"] as const;
const isOpen = ({ step }: Modelled) => (order as readonly string[]).includes(step);
const openOf = (model: Model, user: string) => model.rows.find((row) => row.user === user && isOpen(row));
const lastOf = (model: Model, user: string) => openOf(model, user) ?? model.rows.findLast((row) => row.user === user);
const isLocked = ({ step, attempts }: Modelled) => step === "approved" && attempts >= 5;

/** What is really there: two handles on one store, a clock, and whether the next change dies before it is committed. */
export class Real {
	private turn = 0;
	private dies = false;
	private readonly stages: ActivationStage[];

	constructor(
		handles: readonly Registry[],
		readonly now: () => Date,
	) {
		this.stages = handles.map(
			(registry) => new ActivationStage(registry, "default", { ...rules, zone: "America/Panama" }),
		);
		for (const stage of this.stages) {
			const carry = stage.carry.bind(stage);
			stage.carry = async <P extends Plan, R extends object>(operation: RegistryOperation<P, R>) => {
				if (!this.dies) return carry(operation);
				this.dies = false;
				await stage.registry.change(anAttribution(), async (transaction) => {
					const { changes } = await operation.plan(transaction);
					await transaction.apply(changes, anAttribution());
					throw new Error("killed before COMMIT");
				});
				throw new Error("went on after it was killed");
			};
		}
	}

	/** Each change goes by the other handle. */
	next(): ActivationStage {
		this.turn += 1;
		const stage = this.stages[this.turn % this.stages.length] as ActivationStage;
		stage.now = this.now();
		return stage;
	}

	dieNext(): void {
		this.dies = true;
	}

	/** All rows as every list tells them, how many events there are, and who is due within three days. */
	look(): Promise<{ rows: ToldActivation[]; events: number; due: string[] }> {
		const { registry, now } = this.next();
		return registry.read(async (view) => ({
			rows: (await collect(view.records(kind, {}))).map((row) => tellActivation(row, now)),
			events: await view.countEvents({ actions: kind.actions }),
			due: (await dueActivations(view, { environment: undefined, within: 3 * dayLength, now })).due.map(
				({ user }) => user,
			),
		}));
	}
}

type Command = fc.AsyncCommand<Model, Real>;

/** What is asked of the real one, and what it makes of the model: undefined when it is to be refused. */
class Change implements Command {
	constructor(
		private readonly name: string,
		private readonly ask: (stage: ActivationStage) => Promise<unknown>,
		/** Changes the model; answers how many events that makes, or undefined: refused. */
		private readonly expected: (model: Model) => number | undefined,
		private readonly dies: boolean,
	) {}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		const before = structuredClone(model.rows);
		const events = this.expected(model);
		if (this.dies) {
			model.rows = before;
			real.dieNext();
			await expect(this.ask(real.next())).rejects.toThrow(events === undefined ? "" : "killed before COMMIT");
		} else if (events === undefined) {
			model.rows = before;
			await expect(this.ask(real.next())).rejects.toBeInstanceOf(CfmError);
		} else {
			model.events += events;
			await this.ask(real.next());
		}
		await compare(model, real);
	}

	toString = () => `${this.name}${this.dies ? ", killed" : ""}`;
}

/** The clock of the machine is set, forward or back: nothing is stored, and everything is told otherwise. */
class ClockStep implements Command {
	constructor(private readonly by: number) {}
	check = () => true;
	async run(model: Model, real: Real): Promise<void> {
		model.now += this.by;
		await compare(model, real);
	}
	toString = () => `clock ${this.by}`;
}

async function compare(model: Model, real: Real): Promise<void> {
	const { rows, events, due } = await real.look();
	const told = rows
		.toSorted((a, b) => a.number - b.number)
		.map(({ user, step, state, attempts, renewals, locked }) => ({ user, step, state, attempts, renewals, locked }));
	expect(told).toEqual(
		model.rows.map((row) => ({ ...pick(row), state: stateOf(row, model.now), locked: isLocked(row) })),
	);
	expect(events).toBe(model.events);
	const open = model.rows.filter((row) => isOpen(row) && row.from + 12 * dayLength <= model.now);
	expect(due.toSorted()).toEqual(open.map(({ user }) => user).toSorted());
}

const pick = ({ user, step, attempts, renewals }: Modelled) => ({ user, step, attempts, renewals });

/** The zone of the model keeps its offset: all its days have 24 hours. */
function stateOf(row: Modelled, now: number): string {
	if (!isOpen(row)) return row.step;
	if (now < row.from + 15 * dayLength) return "valid";
	const midnight = Math.floor((row.from - 5 * 3_600_000) / dayLength) * dayLength + 5 * 3_600_000;
	return now < midnight + 16 * dayLength ? "may-have-expired" : "expired";
}

const user = fc.constantFrom("CORP\\ana", "CORP\\ben");
const dies = fc.integer({ min: 0, max: 9 }).map((number) => number === 0);
/** Milliseconds before now. */
const ago = fc.constantFrom(0, 3_600_000, dayLength, 12 * dayLength, 15 * dayLength, 40 * dayLength);

function commands(now: () => number): fc.Arbitrary<Command>[] {
	const iso = (before: number) => new Date(now() - before).toISOString();
	const stepOf = (whose: string, step: (typeof order)[number]) => (model: Model) => {
		const row = lastOf(model, whose);
		if (row === undefined || !isOpen(row)) return undefined;
		const [at, to] = [order.indexOf(row.step as "approved"), order.indexOf(step)];
		if (to <= at) return 0;
		if (isLocked(row) || to > at + 1) return undefined;
		row.step = step;
		return 1;
	};
	const end = (whose: string, step: "activated" | "cancelled") => (model: Model) => {
		const row = lastOf(model, whose);
		if (row?.step === step) return 0;
		if (row === undefined || !isOpen(row)) return undefined;
		row.step = step;
		return 1;
	};
	return [
		fc.tuple(user, ago, fc.boolean(), dies).map(([whose, before, replace, killed]) => {
			let said = "";
			return new Change(
				`add ${whose} ${before}${replace ? " replace" : ""}`,
				(stage) => stage.add(whose, said, { replace }),
				(model) => {
					said = iso(before);
					const open = openOf(model, whose);
					const same = open?.basis === "approval" && open.from === Date.parse(said) && !isLocked(open);
					if (same) return 0;
					if (open !== undefined && !replace && !isLocked(open)) return undefined;
					if (open !== undefined) open.step = "replaced";
					model.rows.push({
						user: whose,
						step: "approved",
						from: Date.parse(said),
						basis: "approval",
						attempts: 0,
						renewals: 0,
					});
					return open === undefined ? 1 : 2;
				},
				killed,
			);
		}),
		fc
			.tuple(user, fc.constantFrom(...order.slice(1)), dies)
			.map(
				([whose, step, killed]) =>
					new Change(
						`step ${whose} ${step}`,
						(stage) => stage.step(whose, step as "number-entered"),
						stepOf(whose, step),
						killed,
					),
			),
		fc.tuple(user, dies).map(
			([whose, killed]) =>
				new Change(
					`fail ${whose}`,
					(stage) => stage.step(whose, "identity-failed"),
					(model) => {
						const row = lastOf(model, whose);
						if (row?.step !== "approved" || isLocked(row)) return undefined;
						row.attempts += 1;
						return 1;
					},
					killed,
				),
		),
		fc.tuple(user, ago, dies).map(([whose, before, killed]) => {
			let mailed = "";
			return new Change(
				`renew ${whose} ${before}`,
				(stage) => stage.renew(whose, mailed),
				(model) => {
					mailed = iso(before);
					const row = lastOf(model, whose);
					if (row === undefined || !isOpen(row)) return undefined;
					if (row.basis === "mail" && row.from === Date.parse(mailed)) return 0;
					Object.assign(row, { basis: "mail", from: Date.parse(mailed), renewals: row.renewals + 1 });
					if (row.step === "number-entered") row.step = "software-checked";
					return 1;
				},
				killed,
			);
		}),
		fc
			.tuple(user, dies)
			.map(
				([whose, killed]) =>
					new Change(`complete ${whose}`, (stage) => stage.complete(whose), end(whose, "activated"), killed),
			),
		fc
			.tuple(user, dies)
			.map(
				([whose, killed]) =>
					new Change(`cancel ${whose}`, (stage) => stage.cancel(whose), end(whose, "cancelled"), killed),
			),
		fc
			.constantFrom(
				1,
				-1,
				3_600_000,
				-3_600_000,
				90_000,
				-90_000,
				dayLength,
				15 * dayLength,
				-15 * dayLength,
				60 * dayLength,
			)
			.map((by) => new ClockStep(by)),
	];
}

/** Runs the model against a store. @returns how many commands were run */
export async function runModel(
	store: () => Promise<Store>,
	{ runs, seed }: { runs: number; seed?: number },
	realOf: (handles: readonly Registry[], now: () => Date) => Real = (handles, now) => new Real(handles, now),
): Promise<number> {
	const opened = await store();
	let ran = 0;
	const model: Model = { now: 0, rows: [], events: 0 };
	try {
		const handles = [opened.registry, await opened.another()];
		await fc.assert(
			fc.asyncProperty(
				fc.commands(
					commands(() => model.now),
					{ maxCommands: 60, size: "max" },
				),
				async (list) => {
					await empty(opened.registry);
					Object.assign(model, { now: Date.parse("2026-02-10T15:00:00.000Z"), rows: [] });
					model.events = await opened.registry.read((view) => view.countEvents({ actions: kind.actions }));
					await fc.asyncModelRun(() => ({ model, real: realOf(handles, () => new Date(model.now)) }), list);
					ran += [...list].length;
				},
			),
			{ numRuns: runs, ...(seed === undefined ? {} : { seed }) },
		);
	} finally {
		await opened.close();
	}
	return ran;
}

/** A run begins without activations: the environment that they stood in was removed. */
async function empty(registry: Registry): Promise<void> {
	const there = await registry.read((view) => view.environment("default"));
	if (there !== undefined) await make(registry, [environmentChange(there, null)]);
	await make(registry, [environmentChange(null, anEnvironment())]);
}

/** Activations against a model of a few lines: two handles, a clock that is set, processes that die before they commit. */
export function activationsContract(open: OpenStore): void {
	it("are what a model says, whatever comes in which order", async () => {
		expect(await runModel(() => open(recordKinds), { runs: 30 })).toBeGreaterThan(200);
	});
}
