import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { known } from "../../../src/lib/known.js";
import { anasToken, FakeTokens } from "../../lib/token/fake-tokens.js";
import { makeScene, type Scene } from "../../shape/scene.js";
import { ana, server } from "../../shape/server.js";

const der = (name: string) => {
	const pem = readFileSync(join(import.meta.dirname, "../../certificates", name), "latin1");
	return Buffer.from(pem.replace(/-----[A-Z ]+-----/g, ""), "base64");
};
const kept = (id: string, name: string) => ({
	...{ kind: "certificate" as const, id, label: name, alwaysAuthenticate: false, certificate: der(name) },
});

let scene: Scene;
beforeEach(async () => {
	const objects = [kept("01", "ana.pem"), kept("0A", "ben.pem")];
	scene = makeScene(
		(home, machine) => ({
			...server(home, machine),
			tokens: async () => new FakeTokens([{ ...anasToken, objects }]),
			stores: async () => ({
				roots: async () => known([]),
				certificates: async () => known([der("ana.pem"), der("ben.pem")]),
				believed: async () => Buffer.alloc(0),
				file: async () => Buffer.alloc(0),
				opinion: async () => known(null),
			}),
		}),
		ana,
	);
	await scene.run(["init", "--yes", "--domain", "CORP"]);
});
afterEach(() => scene.remove());

const register = async (...words: string[]) => {
	const { code, out } = await scene.run(["certs", "register", ...words, "--json"]);
	const { result, error } = JSON.parse(out);
	return { code, subject: result?.certificate.subject as string | undefined, error: error?.code as string | undefined };
};
const token = ["--module", "/opt/token.so", "--slot", "1"];

it("takes the certificate of a key on a token, and that of a store by its fingerprint", async () => {
	const card = await register(...token, "--id", "0a", "--alias", "Card");
	const file = await register(join(scene.work, "ana.pem"), "--alias", "Seal");
	expect([card.code, file.code]).toEqual([0, 0]);
	expect(card.subject).not.toBe(file.subject);
	const { out } = await scene.run(["certs", "show", "Seal", "--json"]);
	const { fingerprint } = JSON.parse(out).result.certificate as { fingerprint: string };
	// The same one again, from another place.
	expect(
		await register("--store", "user", "--fingerprint", fingerprint.toUpperCase(), "--alias", "Seal"),
	).toMatchObject({
		...{ code: 0, subject: file.subject },
	});
});

it("asks which, where there are several, and takes one place only", async () => {
	expect(await register(...token, "--alias", "Card")).toMatchObject({ code: 2, error: "several-certificates" });
	expect(await register("--store", "machine", "--alias", "Card")).toMatchObject({ error: "several-certificates" });
	expect(await register("--store", "user", ...token, "--alias", "Card")).toMatchObject({ error: "one-source" });
	expect(await register("--alias", "Card")).toMatchObject({ code: 2, error: "one-source" });
	expect(await register(...token, "--id", "07", "--alias", "Card")).toMatchObject({ error: "no-certificate" });
});

it("counts access by what is set for the authority", async () => {
	await register(join(scene.work, "ana.pem"), "--alias", "Seal");
	const set = ["config", "set", "certs.access-days"];
	expect((await scene.run([...set, "sixty"])).code).toBe(2);
	expect((await scene.run([...set, "90; no such authority=5;=7"])).code).toBe(2);
	await scene.run([...set, "90; No Such Authority=5"]);
	await scene.run(["certs", "access", "grant", "Seal", "--granted", "2026-01-15T00:00Z"]);
	const { out } = await scene.run(["certs", "access", "show", "Seal", "--json"]);
	expect(JSON.parse(out).result.access).toMatchObject({ expiresAt: "2026-04-15T00:00:00.000Z", allowance: 1e9 });
});

it("shows whoever owns a certificate, and how all stands, which service is suspended", async () => {
	await register(join(scene.work, "ana.pem"), "--alias", "Seal", "--owner", "CORP\\ana");
	await scene.run(["certs", "access", "grant", "Seal", "--granted", "2026-01-15"]);
	await scene.run(["services", "add", "Invoices", "--cert", "Seal"]);
	const { out } = await scene.run(["users", "show", "CORP\\ana", "--json"]);
	expect(JSON.parse(out).result.certificates).toMatchObject([
		{ alias: "Seal", services: [{ name: "Invoices", status: "suspended", cause: "access-expired" }] },
	]);
	const status = JSON.parse((await scene.run(["status", "--json"])).out).result;
	expect(status).toMatchObject({ certificates: { total: 1, over: 1 }, services: { total: 1, active: 0, byExpiry: 1 } });
	const next = status.next.map(({ command }: { command: string }) => command);
	expect(next).toEqual(expect.arrayContaining(["certs due", "services list"]));
	expect(JSON.parse((await scene.run(["find", "INVOI", "--json"])).out).result.matches).toMatchObject([
		{ kind: "service", found: "Invoices" },
	]);
});
