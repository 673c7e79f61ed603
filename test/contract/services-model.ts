import { expect, it } from "vitest";
import { dayLength, parseSaid } from "../../src/lib/calendar/day.js";
import { CfmError } from "../../src/lib/errors.js";
import type { Plan, RegistryOperation } from "../../src/lib/operation/operation.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import { accesses } from "../../src/lib/registered/access.js";
import { certificates } from "../../src/lib/registered/certificate.js";
import { grantAccess, useAccess } from "../../src/lib/registered/grant.js";
import type { AskedRevocation } from "../../src/lib/registered/refresh.js";
import { neverAsked } from "../../src/lib/registered/register.js";
import { recordChange } from "../../src/lib/registry/kind.js";
import type { Registry } from "../../src/lib/registry/registry.js";
import {
	activateService,
	addService,
	removeService,
	setService,
	suspendService,
} from "../../src/lib/service/change.js";
import { listServices } from "../../src/lib/service/list.js";
import { refreshWithServices } from "../../src/lib/service/refresh.js";
import { renewWithServices } from "../../src/lib/service/renew.js";
import { type Cause, services } from "../../src/lib/service/service.js";
import { settling } from "../../src/lib/service/settle.js";
import fc from "../property.js";
import { aCertificate } from "./kind-samples.js";
import { anAttribution, anEnvironment, collect, environmentChange, make, type OpenStore, type Store } from "./store.js";

const begin = Date.parse("2026-02-10T15:00:00.000Z");
const allowance = 1000;
/** When each certificate ends: one while the model runs, one never. */
const ends = { Seal: begin + 150 * dayLength, Other: Date.parse("9999-12-31T23:59:59.000Z") } as const;
type Alias = keyof typeof ends;

interface Modelled {
	alias: Alias;
	status: "active" | "suspended";
	cause: Cause | null;
}

interface Model {
	now: number;
	/** Of each certificate the grants of access, in milliseconds. */
	access: Record<Alias, { from: number; used: number }[]>;
	/** When a certificate was revoked, as far as that was heard. */
	revoked: Partial<Record<Alias, number>>;
	/** When its authority was heard last. */
	heard: Partial<Record<Alias, number>>;
	services: Map<string, Modelled>;
	events: number;
}

function endedOf({ access, revoked, now }: Model, alias: Alias): Cause | null {
	const last = access[alias].at(-1);
	const ran: [number, Cause][] = [];
	if (now > ends[alias] && alias !== "Other") ran.push([ends[alias], "certificate-expired"]);
	const revokedAt = revoked[alias];
	if (revokedAt !== undefined) ran.push([revokedAt, "certificate-revoked"]);
	if (last !== undefined && now >= last.from + 60 * dayLength) ran.push([last.from + 60 * dayLength, "access-expired"]);
	const [first] = ran.toSorted(([a], [b]) => a - b);
	if (first !== undefined) return first[1];
	return last !== undefined && last.used >= allowance ? "access-used-up" : null;
}

/** What the first command that may write is to write: once. @returns how many events */
function settle(model: Model): number {
	let events = 0;
	for (const one of model.services.values()) {
		const cause = one.status === "active" ? endedOf(model, one.alias) : null;
		if (cause === null) continue;
		Object.assign(one, { status: "suspended", cause });
		events += 1;
	}
	return events;
}

const isByExpiry = ({ cause }: Modelled) => cause !== null && cause !== "operator";

/** The events that the model tells. */
const counted = [...services.actions, ...accesses.actions, "certificate.refresh"] as const;

/** Two handles on one store, a clock, and whether the next change dies before it is committed. */
export class Real {
	private turn = 0;
	private dies = false;

	constructor(
		private readonly handles: readonly Registry[],
		readonly now: () => Date,
	) {}

	next(): Registry {
		this.turn += 1;
		return this.handles[this.turn % this.handles.length] as Registry;
	}

	dieNext(): void {
		this.dies = true;
	}

	carry<P extends Plan, R extends object>(operation: RegistryOperation<P, R>): Promise<R> {
		const dies = this.dies;
		this.dies = false;
		return this.next().change(anAttribution(), async (transaction) => {
			const plan = await operation.plan(transaction);
			await transaction.apply(plan.changes, anAttribution());
			if (dies) throw new Error("killed before COMMIT");
			return operation.answer(plan);
		});
	}

	look() {
		const asked = { name: undefined, company: undefined, clientId: undefined, certificate: undefined };
		const all = {
			...asked,
			status: undefined,
			sort: undefined,
			descending: false,
			limit: undefined,
			offset: undefined,
		};
		return this.next().read(async (view) => ({
			services: (await listServices(view, { ...all, byExpiry: false, now: this.now() })).services,
			byExpiry: (await listServices(view, { ...all, byExpiry: true, now: this.now() })).services,
			active: (await listServices(view, { ...all, status: "active", byExpiry: false, now: this.now() })).total,
			events: await view.countEvents({ actions: counted }),
		}));
	}
}

type Command = fc.AsyncCommand<Model, Real>;

class Change implements Command {
	constructor(
		private readonly name: string,
		private readonly ask: (real: Real, now: Date) => RegistryOperation<Plan, object>,
		/** Changes the model; answers how many events that makes, or undefined: refused. */
		private readonly expected: (model: Model) => number | undefined,
		private readonly dies: boolean,
	) {}

	check = () => true;

	async run(model: Model, real: Real): Promise<void> {
		const { services, access, revoked, heard } = model;
		const before = structuredClone({ services, access, revoked, heard });
		const events = this.expected(model);
		const carry = () => real.carry(this.ask(real, new Date(model.now)));
		if (events === undefined || this.dies) Object.assign(model, before);
		if (this.dies) {
			real.dieNext();
			await expect(carry()).rejects.toThrow(events === undefined ? "" : "killed before COMMIT");
		} else if (events === undefined) await expect(carry()).rejects.toBeInstanceOf(CfmError);
		else {
			model.events += events;
			await carry();
		}
		await compare(model, real);
	}

	toString = () => `${this.name}${this.dies ? ", killed" : ""}`;
}

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
	const { services: told, byExpiry, active, events } = await real.look();
	const expected = [...model.services]
		.map(([name, one]) => {
			const cause = one.status === "active" ? endedOf(model, one.alias) : one.cause;
			return { name, certificate: one.alias, status: cause === null ? "active" : "suspended", cause };
		})
		.toSorted((a, b) => (a.name < b.name ? -1 : 1));
	expect(told.map(({ name, certificate, status, cause }) => ({ name, certificate, status, cause }))).toEqual(expected);
	const over = expected.filter(({ cause }) => cause !== null && cause !== "operator").map(({ name }) => name);
	expect(byExpiry.map(({ name }) => name)).toEqual(over);
	expect(active).toBe(expected.filter(({ status }) => status === "active").length);
	expect(events).toBe(model.events);
}

const alias = fc.constantFrom<Alias>("Seal", "Other");
const service = fc.constantFrom("one", "two", "three");
const dies = fc.integer({ min: 0, max: 9 }).map((number) => number === 0);
/** Milliseconds before now. */
const ago = fc.constantFrom(0, 3_600_000, 30 * dayLength, 60 * dayLength, 70 * dayLength);

/** What an authority says of a certificate: revoked at an instant, or good. */
function heardOf(certificate: Alias, revokedAt: number | undefined): AskedRevocation {
	const said = { number: certificate === "Seal" ? 1 : 2, alias: certificate, why: null };
	return revokedAt === undefined
		? { ...said, state: "good", revokedAt: null, reason: null }
		: { ...said, state: "revoked", revokedAt: new Date(revokedAt).toISOString(), reason: "keyCompromise" };
}

function commands(): fc.Arbitrary<Command>[] {
	const granting = (certificate: string, before: number, now: Date) => ({
		...{ certificate, granted: parseSaid(new Date(now.getTime() - before).toISOString(), "UTC"), expires: undefined },
		...{ allowance, zone: "UTC", now },
	});
	const none = { clientId: null, company: null, contact: null, language: null };
	/** What is known of a service of the model, or refused; the change of it, behind what is due. */
	const of = (name: string, change: (one: Modelled, model: Model) => number | undefined) => (model: Model) => {
		const one = model.services.get(name);
		if (one === undefined) return undefined;
		const due = settle(model);
		const own = change(one, model);
		return own === undefined ? undefined : due + own;
	};
	return [
		fc.tuple(service, alias, dies).map(
			([name, certificate, killed]) =>
				new Change(
					`add ${name} ${certificate}`,
					(_, now) => addService({ name, certificate, ...none, now }),
					(model) => {
						const there = model.services.get(name);
						if (there !== undefined && there.alias !== certificate) return undefined;
						const due = settle(model);
						if (there !== undefined) return due;
						model.services.set(name, { alias: certificate, status: "active", cause: null });
						return due + 1 + settle(model);
					},
					killed,
				),
		),
		fc.tuple(service, alias, dies).map(
			([name, certificate, killed]) =>
				new Change(
					`set ${name} ${certificate}`,
					(_, now) => setService({ service: name, name: undefined, certificate, now }),
					of(name, (one, model) => {
						if (one.alias === certificate) return 0;
						one.alias = certificate;
						return 1 + settle(model);
					}),
					killed,
				),
		),
		fc.tuple(service, dies).map(
			([name, killed]) =>
				new Change(
					`suspend ${name}`,
					(_, now) => suspendService({ service: name, reason: "so", now }),
					of(name, (one) => {
						if (one.cause === "operator") return 0;
						Object.assign(one, { status: "suspended", cause: "operator" });
						return 1;
					}),
					killed,
				),
		),
		fc.tuple(service, dies).map(
			([name, killed]) =>
				new Change(
					`activate ${name}`,
					(_, now) => activateService({ service: name, now }),
					of(name, (one, model) => {
						if (endedOf(model, one.alias) !== null) return undefined;
						if (one.status === "active") return 0;
						Object.assign(one, { status: "active", cause: null });
						return 1;
					}),
					killed,
				),
		),
		fc.tuple(service, dies).map(
			([name, killed]) =>
				new Change(
					`remove ${name}`,
					(_, now) => removeService({ service: name, now }) as RegistryOperation<Plan, object>,
					of(name, (_, model) => {
						model.services.delete(name);
						return 1;
					}),
					killed,
				),
		),
		fc.tuple(alias, ago, dies).map(
			([certificate, before, killed]) =>
				new Change(
					`grant ${certificate} ${before}`,
					(_, now) => settling(grantAccess(granting(certificate, before, now)), now),
					(model) => {
						const due = settle(model);
						const last = model.access[certificate].at(-1);
						const from = model.now - before;
						if (last?.from === from) return due;
						if (last === undefined) model.access[certificate].push({ from, used: 0 });
						else last.from = from;
						return due + 1;
					},
					killed,
				),
		),
		fc.tuple(alias, ago, fc.boolean(), dies).map(
			([certificate, before, activate, killed]) =>
				new Change(
					`renew ${certificate} ${before}${activate ? " activate" : ""}`,
					(_, now) =>
						renewWithServices(granting(certificate, before, now), activate) as unknown as RegistryOperation<
							Plan,
							object
						>,
					(model) => {
						const due = settle(model);
						const last = model.access[certificate].at(-1);
						const from = model.now - before;
						if (last !== undefined && last.from > from) return undefined;
						const isSame = last?.from === from;
						if (!isSame) model.access[certificate].push({ from, used: 0 });
						const waiting =
							activate && endedOf(model, certificate) === null
								? [...model.services.values()].filter((one) => one.alias === certificate && isByExpiry(one))
								: [];
						for (const one of waiting) Object.assign(one, { status: "active", cause: null });
						return due + (isSame ? 0 : 1) + waiting.length;
					},
					killed,
				),
		),
		fc.tuple(alias, fc.constantFrom(0, 10, allowance), dies).map(
			([certificate, used, killed]) =>
				new Change(
					`use ${certificate} ${used}`,
					(_, now) => settling(useAccess({ certificate, used, now }), now),
					(model) => {
						const last = model.access[certificate].at(-1);
						if (last === undefined) return undefined;
						const due = settle(model);
						if (last.used === used) return due;
						last.used = used;
						return due + 1;
					},
					killed,
				),
		),
		fc.tuple(alias, fc.boolean(), ago, dies).map(
			([certificate, isRevoked, before, killed]) =>
				new Change(
					`refresh ${certificate} ${isRevoked ? `revoked ${before}` : "good"}`,
					(_, now) => refreshWithServices([heardOf(certificate, isRevoked ? now.getTime() - before : undefined)], now),
					(model) => {
						const due = settle(model);
						const at = isRevoked ? model.now - before : undefined;
						const age = model.now - (model.heard[certificate] ?? Number.NaN);
						if (model.revoked[certificate] === at && (isRevoked || (age >= 0 && age < dayLength))) return due;
						if (at === undefined) delete model.revoked[certificate];
						else model.revoked[certificate] = at;
						model.heard[certificate] = model.now;
						return due + 1 + settle(model);
					},
					killed,
				),
		),
		fc
			.constantFrom(1, -1, 3_600_000, -3_600_000, 30 * dayLength, -30 * dayLength, 60 * dayLength, 90 * dayLength)
			.map((by) => new ClockStep(by)),
	];
}

/** Runs the model against a store. @returns how many commands were run */
export async function runServicesModel(
	store: () => Promise<Store>,
	{ runs, seed }: { runs: number; seed?: number },
	realOf: (handles: readonly Registry[], now: () => Date) => Real = (handles, now) => new Real(handles, now),
): Promise<number> {
	const opened = await store();
	let ran = 0;
	const model: Model = {
		now: 0,
		access: { Seal: [], Other: [] },
		revoked: {},
		heard: {},
		services: new Map(),
		events: 0,
	};
	try {
		const handles = [opened.registry, await opened.another()];
		await empty(opened.registry);
		await fc.assert(
			fc.asyncProperty(fc.commands(commands(), { maxCommands: 60, size: "max" }), async (list) => {
				await empty(opened.registry);
				Object.assign(model, {
					now: begin,
					access: { Seal: [], Other: [] },
					revoked: {},
					heard: {},
					services: new Map(),
				});
				model.events = await opened.registry.read((view) => view.countEvents({ actions: counted }));
				await fc.asyncModelRun(() => ({ model, real: realOf(handles, () => new Date(model.now)) }), list);
				ran += [...list].length;
			}),
			{ numRuns: runs, ...(seed === undefined ? {} : { seed }) },
		);
	} finally {
		await opened.close();
	}
	return ran;
}

/** A run begins with two certificates, and neither access nor services. */
async function empty(registry: Registry): Promise<void> {
	const there = await registry.read(async (view) => ({
		environment: await view.environment("default"),
		services: await collect(view.records(services, {})),
		accesses: await collect(view.records(accesses, {})),
		certificates: await collect(view.records(certificates, {})),
	}));
	if (there.environment === undefined) await make(registry, [environmentChange(null, anEnvironment())]);
	const gone = [
		...there.services.map((one) => recordChange(services, "service.remove", one, null)),
		...there.accesses.map((one) => recordChange(accesses, "access.correct", one, null)),
	];
	if (gone.length > 0) await make(registry, gone);
	const asked = there.certificates.filter(({ revocation }) => revocation !== null);
	if (asked.length > 0)
		await make(
			registry,
			asked.map((one) => recordChange(certificates, "certificate.refresh", one, { ...one, ...neverAsked })),
		);
	if (there.certificates.length > 0) return;
	const notAfter = (name: Alias) => new Date(ends[name]).toISOString();
	const own = { notBefore: "2025-03-01T00:00:00.000Z" };
	await make(registry, [
		recordChange(certificates, "certificate.register", null, aCertificate({ ...own, notAfter: notAfter("Seal") })),
		recordChange(
			...([certificates, "certificate.register", null] as const),
			aCertificate({ ...own, number: 2, alias: "Other", fingerprint: "cd".repeat(32), notAfter: notAfter("Other") }),
		),
	]);
}

/** Certificates, access and services against a model of a few lines: two handles, a clock that is set, processes that die. */
export function servicesContract(open: OpenStore): void {
	it("read and are recorded as a model says, whatever comes in which order", async () => {
		expect(await runServicesModel(() => open(recordKinds), { runs: 30 })).toBeGreaterThan(200);
	});
}
