import { beforeEach, expect, it } from "vitest";
import { activations } from "../../../src/lib/activation/activation.js";
import { calendarDates } from "../../../src/lib/notice/dates.js";
import { accesses } from "../../../src/lib/registered/access.js";
import { certificates } from "../../../src/lib/registered/certificate.js";
import { recordChange } from "../../../src/lib/registry/kind.js";
import { aCertificate, anAccess, anActivation } from "../../contract/kind-samples.js";
import { make } from "../../contract/store.js";
import { Stage } from "../registry/stage.js";

let store: Stage;
const now = new Date("2026-03-10T12:00:00.000Z");
const dates = (at = now) => store.registry.read((view) => calendarDates(view, { environment: undefined, now: at }));
const told = async (at?: Date) => (await dates(at)).map(({ uid, at }) => `${uid.split("@")[0]} ${at}`);

beforeEach(async () => {
	store = await Stage.set();
	await make(store.registry, [
		recordChange(certificates, "certificate.register", null, aCertificate()),
		recordChange(certificates, "certificate.register", null, {
			...aCertificate({ number: 2, alias: "Forever", fingerprint: "cd".repeat(32) }),
			notAfter: "9999-12-31T23:59:59.000Z",
		}),
		recordChange(accesses, "access.grant", null, anAccess()),
		recordChange(accesses, "access.renew", null, anAccess({ generation: 2, expiresAt: "2026-06-30T04:00:00.000Z" })),
		recordChange(activations, "activation.add", null, anActivation({ subscriptionEnd: "2027-03-02T05:00:00.000Z" })),
	]);
});

it("has each deadline once, under a name that stays when it moves", async () => {
	const before = await dates();
	expect(await told()).toEqual([
		...["codes-default-1 2026-03-16T05:00:00.000Z", "access-1 2026-06-30T04:00:00.000Z"],
		...["subscription-default-1 2027-03-02T05:00:00.000Z", "certificate-1 2028-03-01T00:00:00.000Z"],
	]);
	const moved = anAccess({ generation: 3, expiresAt: "2026-08-30T04:00:00.000Z" });
	await make(store.registry, [recordChange(accesses, "access.renew", null, moved)]);
	const after = await dates();
	expect(after.map(({ uid }) => uid).sort()).toEqual(before.map(({ uid }) => uid).sort());
	expect(after[1]).toMatchObject({ what: "access", at: moved.expiresAt });
	expect(new Set(after.map(({ uid }) => uid)).size).toBe(4);
	for (const { uid } of after) expect(uid).toMatch(/^[\w%.-]+@[\da-f]{16}\.cfm$/);
});

it("leaves out what is over for long, retired, or revoked", async () => {
	expect(await told(new Date("2026-04-15T05:00:00.000Z"))).toContain("codes-default-1 2026-03-16T05:00:00.000Z");
	expect(await told(new Date("2026-04-15T05:00:00.001Z"))).not.toContain("codes-default-1 2026-03-16T05:00:00.000Z");
	const gone = aCertificate({ revocation: "revoked" });
	await make(store.registry, [recordChange(certificates, "certificate.refresh", aCertificate(), gone)]);
	expect((await told()).join()).not.toMatch(/certificate-|access-/);
});
