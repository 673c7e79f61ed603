import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readImportedCertificates } from "../../src/commands/certs/_imported.js";
import type { Certificates } from "../../src/lib/certificate/certificates.js";
import { toJson } from "../../src/lib/id/export.js";
import { carryOut } from "../../src/lib/operation/carry-out.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import { accesses } from "../../src/lib/registered/access.js";
import { certificates, type RegisteredCertificate } from "../../src/lib/registered/certificate.js";
import { certificatesCsv, exportCertificates } from "../../src/lib/registered/export.js";
import { importCertificates } from "../../src/lib/registered/import.js";
import { listCertificates } from "../../src/lib/registered/list.js";
import { recordChange } from "../../src/lib/registry/kind.js";
import type { Registry } from "../../src/lib/registry/registry.js";
import { aCertificate, anAccess } from "./kind-samples.js";
import { anAttribution, collect, make, type OpenStore } from "./store.js";
import { useStore } from "./use-store.js";

/** Certificates whose content is what they say. */
const reader = {
	take: async (file: Buffer) => ({ kind: "certificate", certificates: [file], crls: [] }),
	describe: async (ders: readonly Buffer[]) => ders.map((der) => JSON.parse(der.toString("utf8"))),
} as unknown as Certificates;

function made(own: Partial<RegisteredCertificate>): RegisteredCertificate {
	const row = aCertificate(own);
	const { subject, issuer, serial, notBefore, notAfter, fingerprint } = row;
	const facts = { subject, issuer, serial, notBefore, notAfter, fingerprint, isAuthority: false };
	return { ...row, der: Buffer.from(JSON.stringify(facts)).toString("base64") };
}

/** Registered certificates go to another registry by a file. */
export function certificatesContract(open: OpenStore): void {
	const store = useStore(open);
	const now = new Date("2026-05-01T08:00:00.000Z");
	const all = (registry: Registry) => registry.read((view) => collect(view.records(certificates, {})));
	const rows = [
		made({ alias: "=Siegel é 𝄞", subject: 'CN="a;=b"\\,c', note: " =1+1, or;-2 ", status: "retired", replacedBy: 3 }),
		made({ number: 3, alias: "Seal, 2nd", fingerprint: "cd".repeat(32), owner: null, wallet: "-x", place: "token 42" }),
		made({ number: 7, alias: "Old", fingerprint: "ef".repeat(32), status: "suspended", owner: "ben@corp.example.com" }),
	];

	it("are listed a page at a time in any order, with how access to each stands, and without their bytes", async () => {
		const owned = made({ number: 3, alias: "Contracts", fingerprint: "cd".repeat(32), wallet: "Vault_2", owner: null });
		await make(store().registry, [
			...[made({}), owned, made({ number: 7, alias: "Old", fingerprint: "ef".repeat(32), wallet: "Vault 10%" })].map(
				(row) => recordChange(certificates, "certificate.register", null, row),
			),
			recordChange(accesses, "access.grant", null, anAccess()),
			recordChange(accesses, "access.renew", null, anAccess({ generation: 2, expiresAt: now.toISOString() })),
		]);
		const none = { alias: undefined, wallet: undefined, registeredFrom: undefined, registeredTo: undefined };
		const all = { validity: undefined, status: undefined, within: undefined, owner: undefined, environment: "default" };
		const list = (own: Partial<Parameters<typeof listCertificates>[1]>) =>
			store().registry.read(async (view) => {
				const page = { sort: undefined, descending: false, limit: undefined, offset: undefined, now };
				const { certificates: rows, total } = await listCertificates(view, { ...none, ...all, ...page, ...own });
				return { rows: (await Array.fromAsync(rows)).flat(), total };
			});
		for (const sort of ["alias", "expires", "registered", "owner", "wallet", "status"] as const) {
			const whole = (await list({ sort })).rows.map(({ alias }) => alias);
			const pages = [];
			for (const offset of [0, 1, 2, 3]) pages.push(await list({ sort, limit: 1, offset }));
			expect(pages.flatMap(({ rows: page }) => page.map(({ alias }) => alias))).toEqual(whole);
			expect(pages.map(({ total }) => total)).toEqual([3, 3, 3, 3]);
		}
		expect((await list({ wallet: "vault_" })).rows).toMatchObject([{ alias: "Contracts" }]);
		expect((await list({ wallet: "0%" })).rows).toMatchObject([{ alias: "Old" }]);
		expect((await list({ within: 1e12, sort: "wallet", descending: true, limit: 2 })).rows).toMatchObject([
			{ alias: "Contracts", access: null, concerns: ["no-owner", "revocation-unknown"] },
			{ alias: "Old" },
		]);
		expect((await list({ alias: "seal" })).rows).toMatchObject([
			{ access: "expired", accessExpiresAt: now.toISOString() },
		]);
		expect(JSON.stringify((await list({})).rows)).not.toContain("der");
	});

	async function importInto(registry: Registry, file: string) {
		const read = await readImportedCertificates(reader, file, {});
		const request = { ...read, keepGoing: true, now, refuse: () => {} };
		const asker = { agree: async () => {} } as never;
		return carryOut(importCertificates(request), { registry, attribution: anAttribution(), asker });
	}

	it.each(["csv", "json"])("come out of a file as they went in, as %s, and again change nothing", async (format) => {
		const from = store().registry;
		await make(
			from,
			rows.map((row) => recordChange(certificates, "certificate.register", null, row)),
		);
		const reading = await store().another();
		const { certificates: exported } = await exportCertificates(await reading.snapshot());
		const pieces = await Array.fromAsync(format === "csv" ? certificatesCsv(exported) : toJson(exported));
		await reading.close();
		const file = join(store().folder, `certificates.${format}`);
		writeFileSync(file, pieces.join(""));
		expect(await importInto(from, file)).toMatchObject({ total: 3, certificates: [{ changed: false }, {}, {}] });
		const other = await open();
		try {
			expect(await importInto(other.registry, file)).not.toHaveProperty("refused");
			const numbered = rows.map((row, at) => ({ ...row, number: at + 1, replacedBy: row.replacedBy && 2 }));
			expect(await all(other.registry)).toEqual(numbered);
			expect((await other.registry.check(recordKinds)).problems).toEqual([]);
		} finally {
			await other.close();
		}
	});
}
