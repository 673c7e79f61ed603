import { expect, it } from "vitest";
import { parseSaid } from "../../../src/lib/calendar/day.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import type { Danger, Plan, RegistryOperation } from "../../../src/lib/operation/operation.js";
import { accesses } from "../../../src/lib/registered/access.js";
import { certificates } from "../../../src/lib/registered/certificate.js";
import { recordChange } from "../../../src/lib/registry/kind.js";
import { activateService, addService, setService } from "../../../src/lib/service/change.js";
import { toldServicesOn } from "../../../src/lib/service/find.js";
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

it("retiring tells which services are to be moved, and none begins on a retired certificate", async () => {
	const { carry } = await register();
	const retire = retireWithServices({ certificate: "Seal", replacedBy: "seal 2027", now: before });
	expect(await carry(retire)).toMatchObject({ services: ["Invoices", "Payroll"], replacedBy: "Seal 2027" });
	const add = (name: string) => carry(addService({ name, certificate: "Seal", ...none, now: before }));
	expect((await failure(() => add("Third"))).code).toBe("certificate-retired");
	expect((await failure(() => add("INVOICES"))).code).toBe("service-exists");
});
