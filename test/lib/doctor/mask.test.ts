import { describe, expect, it } from "vitest";
import { Masks } from "../../../src/lib/doctor/mask.js";

/** What is left of names in a value, with what each token stands for put back. */
function masked(value: unknown, ...learned: Parameters<Masks["learn"]>[]) {
	const masks = new Masks(undefined, new Set(["notarius.com"]));
	for (const one of learned) masks.learn(...one);
	masks.learnFrom(value);
	const told = JSON.stringify(masks.value(value));
	const { names } = masks.kept;
	const back = told.replace(/\b[a-z]+-[\da-f]{10}\b/g, (token) => JSON.stringify(names[token] ?? "?").slice(1, -1));
	return { told, back, tokens: new Set(told.match(/\b[a-z]+-[\da-f]{10}\b/g)), names };
}

describe("names in a bundle", () => {
	it("are masked in every field and text, in any case, and can be put back", () => {
		const value = {
			affected: { users: ["CORP\\ana"], hosts: ["srv1.corp.example"], sites: ["https://sign.corp.example:8443"] },
			text: "corp\\ANA can't write in C:\\Users\\ana\\Entrust on SRV1; ask ben@corp.example",
			sid: "S-1-5-21-1-2-3-1001",
			proxy: "proxy.corp.example:8080",
		};
		const { told, names } = masked(value);
		expect(told).not.toMatch(/ana|corp|srv1|ben|proxy\.|sign\.|1001/i);
		expect(told).toContain("\\\\Users\\\\user-");
		expect(told).toContain(":8443");
		expect(Object.values(names)).toEqual(expect.arrayContaining(["CORP", "ana", "ben", "S-1-5-21-1-2-3-1001"]));
	});

	it("are found in plain texts that no field announces", () => {
		for (const [text, name] of [
			["started by CONTOSO\\zoe.", "zoe"],
			["C:\\Documents and Settings\\zoe\\x", "zoe"],
			["postgres://cfm_app:s3cret@db.contoso.example/cfm", "db.contoso"],
			["opened \\\\files.contoso.example\\share\\x", "contoso"],
			["owner S-1-12-1-99-98-97-96", "S-1-12"],
			["connected to 10.20.30.40", "10.20"],
		]) {
			const { told, back } = masked(text);
			expect(told).not.toContain(name);
			expect(told).not.toContain("s3cret");
			expect(back).toContain(name);
		}
	});

	it("leave words alone that only contain them, what cfm itself says, and what everybody has", () => {
		const value = {
			id: "CFM-CLIENT-001",
			severity: "error",
			text: "banana, analysis, ana_x; NT AUTHORITY\\SYSTEM; 127.0.0.1; 3.1.0.77; https://notarius.com/x; C:\\Program Files",
		};
		const { told } = masked(value, ["user", "ana"], ["user", "error"], ["user", "CFM"], ["user", "a"]);
		expect(JSON.parse(told)).toEqual(value);
	});

	it("have the same token every time with the same key, and other ones with another", () => {
		const [one, other] = [new Masks(undefined), new Masks(undefined)];
		for (const masks of [one, other]) masks.learn("user", "CORP\\ana");
		const again = new Masks(JSON.parse(JSON.stringify(one.kept)));
		again.learn("user", "ANA");
		expect(again.text("ana")).toBe(one.text("ana"));
		expect(again.kept).toEqual(one.kept);
		expect(other.text("ana")).not.toBe(one.text("ana"));
	});

	it("with spaces, dots and hyphens are found whole before their parts", () => {
		const masks = new Masks(undefined);
		for (const name of ["ana", "ana-maria", "Ana Maria Ruiz", "ana.ruiz"]) masks.learn("user", name);
		const { names } = masks.kept;
		const told = masks.text("ana-maria, ana maria ruiz, ana.ruiz, ana.");
		expect(told.replace(/user-[\da-f]{10}/g, (token) => names[token] ?? "?")).toBe(
			"ana-maria, Ana Maria Ruiz, ana.ruiz, ana.",
		);
	});

	it("of people and companies are found in certificates and services, of hosts in addresses, of users in whatever field", () => {
		const value = {
			subject: "emailAddress=ana@corp.example,CN=Ana Silva,O=Acme\\, Inc,L=Trois-Rivières,C=CA",
			text: "the certificate of CN=Ana Silva,O=Acme\\, Inc expires; Invoices of Bolts Ltd can't sign: ask Zoë Roy",
			evidence: { alias: "Invoices", company: "Bolts Ltd", contact: "Zoë Roy", wallet: "Vault 7", label: "Ana S" },
			listener: { address: "192.0.2.7", remote: "10.1.2.3", expectedUser: "eve", lastUser: "max" },
			said: "192.0.2.7 is held for eve, before for max, in Vault 7, on the card Ana S",
		};
		const { told, back } = masked(value);
		expect(told).not.toMatch(/ana|silva|acme|invoices|bolts|zoë|roy|vault|192\.0|10\.1|\beve|\bmax|rivi/i);
		expect(told).toContain(",C=CA");
		expect(JSON.parse(back)).toEqual(value);
	});

	it("does not tell secrets, in whatever way they are written, and keeps none as a name", () => {
		for (const text of [
			"postgres://cfm_app:s3cret@db.contoso.example/cfm",
			"PGPASSWORD=s3cret psql",
			'{"password":"s3cret","pin": "s3cret s3cret"}',
			"CFM_PASSWORD='s3cret with a word'",
			"Authorization: Bearer s3cret.s3cret",
			"whsec_s3cret",
			"api-key: s3cret",
			"-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----",
		]) {
			const { told, names } = masked({ text });
			expect(told).not.toContain("s3cret");
			expect(JSON.stringify(names)).not.toContain("s3cret");
			expect(told).toContain("[removed]");
		}
		expect(masked({ password: "s3cret", userPin: null, clientSecret: "s3cret" }).told).not.toContain("s3cret");
		const harmless = { "password-file": "C:\\pw.txt", text: "the token has no PIN; CKF_USER_PIN_LOCKED", seconds: 7 };
		expect(JSON.parse(masked(harmless).told)).toEqual(harmless);
	});

	it("are the same name when the registry says so, however they are composed or cased", () => {
		for (const [learned, said, same] of [
			["Zoë", "ZOE\u0308", true],
			["Zoe\u0308", "zoë", true],
			["İnan", "İNAN", true],
			["inan", "İnan", false],
			["ΟΔΥΣΣΕΥΣ", "οδυσσευσ", true],
			["strauss", "Strauß", false],
		] as const) {
			const masks = new Masks(undefined);
			masks.learn("user", `CORP\\${learned}`);
			expect(masks.text(`asked by ${said}.`) === `asked by ${said}.`, `${learned} ${said}`).toBe(!same);
		}
	});

	it("that begin alike are each found whole", () => {
		const masks = new Masks(undefined);
		const sid = (at: number) => `S-1-5-21-1-2-3-${1000 + at}`;
		for (let at = 0; at < 20; at += 1) masks.learn("sid", sid(at));
		expect(masks.text(`${sid(19)} ${sid(7)}1`)).toMatch(/^sid-[\da-f]{10} S-1-5-21-1-2-3-10071$/);
	});

	it("does not tell what people wrote, nor secrets", () => {
		const value = { note: "ask Zoë in room 5", reason: "her PIN", note2: "password: hunter2", before: { note: null } };
		expect(masked(value).told).toBe(
			'{"note":"[removed]","reason":"[removed]","note2":"password: [removed]","before":{"note":null}}',
		);
	});
});
