import { expect, it } from "vitest";
import { parseSaid } from "../../../src/lib/calendar/day.js";
import { dueItems } from "../../../src/lib/notice/due.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import type { Danger, Plan, RegistryOperation } from "../../../src/lib/operation/operation.js";
import { accesses } from "../../../src/lib/registered/access.js";
import { certificates } from "../../../src/lib/registered/certificate.js";
import { dueCertificates } from "../../../src/lib/registered/list.js";
import { recordChange } from "../../../src/lib/registry/kind.js";
import type { RegistryView } from "../../../src/lib/registry/registry.js";
import { activateService, addService, setService } from "../../../src/lib/service/change.js";
import { toldServicesOn } from "../../../src/lib/service/find.js";
import { countServices, listServices } from "../../../src/lib/service/list.js";
import { serviceProbes } from "../../../src/lib/service/probes.js";
import { refreshWithServices } from "../../../src/lib/service/refresh.js";
import { renewWithServices } from "../../../src/lib/service/renew.js";
import { retireWithServices } from "../../../src/lib/service/retire.js";
import { services } from "../../../src/lib/service/service.js";
import { aCertificate, anAccess, aService } from "../../contract/kind-samples.js";
import { anAttribution, make } from "../../contract/store.js";
import { failure } from "../failure.js";
import { Stage } from "../registry/stage.js";

const expires = "2026-04-30T05:00:00.000Z";
const before = new Date(Date.parse(expires) - 1);
const after = new Date(Date.parse(expires));

/** Two certificates, access to the first, and two services that sign with it. */
async function register() {
	const { registry } = await Stage.set();
	await make(registry, [
		recordChange(certificates, "certificate.register", null, aCertificate()),
		recordChange(
			...([certificates, "certificate.register", null] as const),
			aCertificate({ number: 2, alias: "Seal 2027", fingerprint: "cd".repeat(32) }),
		),
		recordChange(accesses, "access.grant", null, anAccess()),
		recordChange(services, "service.add", null, aService()),
		recordChange(services, "service.add", null, aService({ number: 2, name: "Payroll" })),
	]);
	const asked: Danger[] = [];
	const carry = <P extends Plan, R extends object>(operation: RegistryOperation<P, R>) =>
		carryOut(operation, {
			registry,
			attribution: anAttribution(),
			asker: { agree: async (danger) => asked.push(danger) > 0 },
		});
	const statuses = (now: Date) =>
		registry.read(async (view) =>
			(await toldServicesOn(view, aCertificate(), now)).map(({ name, status, cause, suspendedAt }) => ({
				...{ name, status, cause, suspendedAt },
			})),
		);
	const expired = () => registry.read((view) => view.countEvents({ actions: ["service.expire"] }));
	return { registry, asked, carry, statuses, expired };
}

const renewal = (now: Date, granted = now.toISOString()) => ({
	...{ certificate: "seal", granted: parseSaid(granted, "UTC"), expires: undefined, allowance: undefined, zone: "UTC" },
	now,
});
const none = { clientId: null, company: null, contact: null, language: null };

it("a service reads as suspended from the very moment at which access expires, and nothing is written by reading", async () => {
	const { statuses, expired } = await register();
	expect(await statuses(before)).toMatchObject([{ status: "active" }, { status: "active" }]);
	expect(await statuses(after)).toMatchObject([
		{ name: "Invoices", status: "suspended", cause: "access-expired", suspendedAt: expires },
		{ name: "Payroll", status: "suspended", cause: "access-expired", suspendedAt: expires },
	]);
	expect(await expired()).toBe(0);
});

it("the event is written once, by the first change", async () => {
	const { carry, expired } = await register();
	const set = (company: string) =>
		carry(setService({ service: "payroll", name: undefined, certificate: undefined, company, now: after }));
	await set("Example");
	expect(await expired()).toBe(2);
	await set("Other");
	expect(await expired()).toBe(2);
});

it("renewing activates nothing by itself, and tells what is still suspended", async () => {
	const { carry, asked, statuses } = await register();
	const answer = await carry(renewWithServices(renewal(after), false));
	expect(answer).toMatchObject({ changed: true, activated: [], suspended: ["Invoices", "Payroll"] });
	expect(asked).toEqual([]);
	expect(await statuses(after)).toMatchObject([{ status: "suspended" }, { status: "suspended" }]);
});

it("renewing with services lists them and asks; the second time nothing is left to ask", async () => {
	const { carry, asked, statuses } = await register();
	const answer = await carry(renewWithServices(renewal(after), true));
	expect(answer).toMatchObject({ changed: true, activated: ["Invoices", "Payroll"], suspended: [] });
	expect(asked).toMatchObject([{ details: ["Invoices", "Payroll"] }]);
	expect(await statuses(after)).toMatchObject([{ status: "active" }, { status: "active" }]);
	expect(await carry(renewWithServices(renewal(after), true))).toMatchObject({ changed: false, activated: [] });
	expect(asked).toHaveLength(1);
});

it("renewing with services where none waits records the grant without a question", async () => {
	const { carry, asked, registry } = await register();
	await carry(renewWithServices(renewal(before), true));
	expect(asked).toEqual([]);
	expect(await registry.read((view) => view.countRecords(accesses, {}))).toBe(2);
});

it("a grant that is over already activates nothing", async () => {
	const { carry } = await register();
	const late = new Date("2026-09-01T00:00:00.000Z");
	const answer = await carry(renewWithServices(renewal(late, "2026-05-01T00:00:00.000Z"), true));
	expect(answer).toMatchObject({ activated: [], suspended: ["Invoices", "Payroll"] });
});

it("no service is active while it can't sign, and one that is moved waits to be seen active", async () => {
	const { carry } = await register();
	const activate = () => carry(activateService({ service: "Payroll", now: after }));
	const { kind, code } = await failure(activate);
	expect(`${kind} ${code}`).toBe("conflict service-cannot-sign");
	const set = { service: "Payroll", name: undefined, certificate: "Seal 2027", now: after };
	expect((await carry(setService(set))).service).toMatchObject({ certificate: "Seal 2027", status: "suspended" });
	expect((await activate()).service).toMatchObject({ status: "active", cause: null });
});

/** Its authority says that a certificate was revoked. */
const revoking = (now: Date, revokedAt: string | null, number = 1) =>
	refreshWithServices(
		[{ number, alias: "Seal", state: "revoked", why: null, revokedAt, reason: revokedAt && "keyCompromise" }],
		now,
	);

it("a revocation suspends services from its own time on, is written with it, and no grant makes them active", async () => {
	const { carry, statuses, expired, asked } = await register();
	const revokedAt = "2026-03-20T10:00:00.000Z";
	expect(await carry(revoking(before, revokedAt))).toMatchObject({ suspended: ["Invoices", "Payroll"] });
	expect(await expired()).toBe(2);
	expect(await carry(revoking(before, revokedAt))).toMatchObject({ suspended: [] });
	expect(await statuses(before)).toMatchObject([
		{ name: "Invoices", status: "suspended", cause: "certificate-revoked", suspendedAt: revokedAt },
		{ name: "Payroll", cause: "certificate-revoked" },
	]);
	const answer = await carry(renewWithServices(renewal(before), true));
	expect(answer).toMatchObject({ changed: true, activated: [], suspended: ["Invoices", "Payroll"] });
	expect(asked).toEqual([]);
	const { code, message, hints } = await failure(() => carry(activateService({ service: "Payroll", now: before })));
	expect(`${code} ${message}`).toBe("service-cannot-sign Payroll can't be active: its certificate was revoked.");
	expect(JSON.stringify(hints)).toContain("services set");
});

it("a revocation without a time counts from when it was heard, behind what ran out before", async () => {
	const { carry, statuses } = await register();
	await carry(revoking(before, null));
	expect(await statuses(after)).toMatchObject([{ suspendedAt: before.toISOString() }, {}]);
	const other = await register();
	await other.carry(revoking(new Date(after.getTime() + 1), null));
	expect(await other.statuses(new Date(after.getTime() + 1))).toMatchObject([{ cause: "access-expired" }, {}]);
});

it("what was recorded of a revocation reads so everywhere, and writes nothing by reading", async () => {
	const { registry, expired } = await register();
	const [row, heard] = [aCertificate(), { revocation: "revoked", revocationSeen: before.toISOString() } as const];
	await make(registry, [
		recordChange(certificates, "certificate.refresh", row, { ...row, ...heard, revokedAt: "2026-02-01T00:00:00.000Z" }),
	]);
	const list = (own: object) =>
		registry.read((view) =>
			listServices(view, {
				...{ name: undefined, company: undefined, clientId: undefined, certificate: undefined, status: undefined },
				...{ sort: undefined, descending: false, limit: undefined, offset: undefined, byExpiry: false, now: before },
				...own,
			}),
		);
	expect((await list({ byExpiry: true })).total).toBe(2);
	expect((await list({ status: "suspended" })).total).toBe(2);
	expect((await list({ status: "active" })).total).toBe(0);
	expect(await registry.read((view) => countServices(view, before))).toEqual({ total: 2, active: 0, byExpiry: 2 });
	const told = await registry.read((view) => dueItems(view, before));
	expect(told.map(({ item }) => item).filter((item) => !item.startsWith("access/"))).toEqual([
		"revoked/1/2026-02-01T00:00:00.000Z",
		"service/1/certificate-revoked/2026-02-01T00:00:00.000Z",
		"service/2/certificate-revoked/2026-02-01T00:00:00.000Z",
	]);
	expect(told.filter(({ item }) => item.startsWith("access/"))).toEqual([]);
	expect((await registry.read((view) => dueCertificates(view, { within: 1e12, now: before }))).total).toBe(1);
	expect(await expired()).toBe(0);
});

it("what is suspended is told what it takes now, whatever it was suspended for", async () => {
	const { registry, carry } = await register();
	const lacks = async (now: Date) => {
		const reads = { read: (ask: (view: RegistryView) => unknown) => registry.read(ask as never) };
		const found = await Array.fromAsync(
			serviceProbes[0]?.look({ registry: reads as never, now: () => now }, new AbortController().signal) ?? [],
		);
		return found.map((one) => ("data" in one ? (one.data as { lacks: unknown }).lacks : one));
	};
	expect(await lacks(after)).toEqual(["access", "access"]);
	await carry(renewWithServices(renewal(after), false));
	expect(await lacks(after)).toEqual([null, null]);
	await carry(revoking(after, null));
	expect(await lacks(after)).toEqual(["certificate", "certificate"]);
});

it("retiring tells which services are to be moved, and none begins on a retired certificate", async () => {
	const { carry } = await register();
	const retire = retireWithServices({ certificate: "Seal", replacedBy: "seal 2027", now: before });
	expect(await carry(retire)).toMatchObject({ services: ["Invoices", "Payroll"], replacedBy: "Seal 2027" });
	const add = (name: string) => carry(addService({ name, certificate: "Seal", ...none, now: before }));
	expect((await failure(() => add("Third"))).code).toBe("certificate-retired");
	expect((await failure(() => add("INVOICES"))).code).toBe("service-exists");
});
