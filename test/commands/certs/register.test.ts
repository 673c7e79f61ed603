import { generateKeyPairSync } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
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
let objects: ReturnType<typeof kept>[];
beforeEach(async () => {
	objects = [kept("01", "ana.pem"), kept("0A", "ben.pem")];
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
				key: async () => ({ known: false, why: "no keys" }),
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

it("warns when no signature is left, and tells what must be done", async () => {
	await register(join(scene.work, "ana.pem"), "--alias", "Seal");
	await scene.run(["certs", "access", "grant", "Seal", "--granted", "2026-01-15", "--allowance", "10"]);
	const warned = async (used: string) =>
		JSON.parse((await scene.run(["certs", "access", "use", "Seal", used, "--json"])).out) as { warnings: string[] };
	expect(await warned("9")).toMatchObject({ ok: true, warnings: [] });
	for (const used of ["10", "11"]) {
		const { warnings } = await warned(used);
		expect(warnings).toEqual([expect.stringContaining(`${used} of 10`)]);
		expect(warnings).toEqual([expect.stringContaining("cfm certs access renew Seal")]);
	}
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

describe("certs scan", () => {
	const scan = async (...words: string[]) => {
		const { code, out } = await scene.run(["certs", "scan", ...words, "--json"]);
		const { result, error, warnings } = JSON.parse(out);
		const told = (result?.certificates as { state: string; alias: string | null; subject: string }[] | undefined)?.map(
			({ state, alias, subject }) => `${state} ${alias} ${/CN=(\w+)/.exec(subject)?.[1]}`,
		);
		return { code, told, warnings, registered: result?.registered as number | undefined, error: error?.code };
	};

	it("tells what is not registered, and is quiet once it is", async () => {
		expect(await scan(...token)).toMatchObject({ code: 0, told: ["unknown null Ana", "unknown null Ben"] });
		await scene.run(["certs", "import", join(scene.work, "certificates.csv")]);
		expect(await scan(...token)).toMatchObject({ code: 0, told: [], registered: 2 });
		expect(await scan(join(scene.work, "ana.pem"), "--store", "machine")).toMatchObject({ told: [], registered: 2 });
		const events = await scene.run(["ids", "history", "--json"]);
		await scan();
		expect(await scene.run(["ids", "history", "--json"])).toEqual(events);
	});

	it("misses what was on a token or in a store, and not what was a file", async () => {
		await register(...token, "--id", "01", "--alias", "Card");
		await register(join(scene.work, "ben.pem"), "--alias", "File");
		objects.shift();
		expect((await scan(...token)).told).toEqual(["gone Card Ana"]);
		expect((await scan("--store", "user")).told).toEqual([]);
		await scene.run(["certs", "retire", "Card"]);
		expect((await scan(...token)).told).toEqual([]);
	});

	it("takes a slot only with a module", async () => {
		expect(await scan("--slot", "1")).toMatchObject({ code: 2, error: "one-source" });
	});
});

describe("certs import", () => {
	const imported = async (text: string | Buffer, ...words: string[]) => {
		const file = join(scene.work, "list.csv");
		writeFileSync(file, text);
		const { code, out } = await scene.run(["certs", "import", file, ...words, "--json"]);
		const { result, error } = JSON.parse(out);
		return { code, total: result?.total, error, refused: result?.refused };
	};
	const base64 = (name: string) => der(name).toString("base64");

	it("refuses bad lines together by their numbers, and skips them where it may", async () => {
		const rows = ["alias,owner,status,certificate", `Seal,CORP\\ana,,${base64("ana.pem")}`];
		rows.push(`seal,,,${base64("ben.pem")}`, `Two,,sold,${base64("ben.pem")}`, "Three,,,MIIB", "Four,,,", "Five,,,%");
		rows.push(`Six,,active,${base64("ben.pem")}`);
		const { code, error } = await imported(rows.join("\n"));
		expect([code, error.code, error.data.lines.map(({ line }: { line: number }) => line)]).toEqual([
			...[2, "bad-input-lines", [3, 4, 5, 6, 7]],
		]);
		expect(await imported(rows.join("\n"), "--keep-going")).toMatchObject({
			code: 9,
			total: 2,
			refused: { length: 5 },
		});
	});

	it("ends at a private key anywhere, whatever may be skipped", async () => {
		const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
		const pem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
		const raw = privateKey.export({ format: "der", type: "pkcs8" });
		const listed = `alias,certificate\nSeal,${base64("ana.pem")}\nKey,`;
		for (const text of [pem, raw, `${listed}"${pem}"`, `${listed}${raw.toString("base64")}`])
			expect(await imported(text, "--keep-going")).toMatchObject({ code: 2, error: { code: "private-key-refused" } });
		const { out } = await scene.run(["certs", "list", "--json"]);
		expect(JSON.parse(out).result.total).toBe(0);
	});
});

describe("certs refresh", () => {
	const file = (name: string) => join(scene.work, name);
	const refresh = async (...words: string[]) => {
		const { code, out } = await scene.run(["certs", "refresh", ...words, "--offline", "--json"]);
		const { result, error } = JSON.parse(out);
		const told = (result?.certificates as { alias: string; state: string; changed: boolean }[] | undefined)?.map(
			({ alias, state, changed }) => `${alias} ${state}${changed ? " new" : ""}`,
		);
		return { code, told, error: error?.code };
	};
	let list: string[];
	beforeEach(() => {
		list = ["--anchor", file("root.pem"), "--crl", file("root.crl")];
		return scene.run(["certs", "import", file("certificates.csv")]);
	});

	it("records what the authority's list says, once, and tells people at once", async () => {
		expect(await refresh()).toEqual({ code: 0, told: ["Contracts unknown", "Seal unknown"], error: undefined });
		const found = { code: 8, error: "certificates-revoked" };
		expect(await refresh(...list)).toEqual({ ...found, told: ["Contracts revoked new", "Seal good new"] });
		expect(await refresh(...list)).toEqual({ ...found, told: ["Contracts revoked", "Seal good"] });
		await scene.run(["config", "set", "notify.file", file("notices.jsonl")]);
		const { out } = await scene.run(["notify", "run", "--dry-run", "--json"]);
		expect(JSON.parse(out).result.notices).toEqual([
			expect.objectContaining({ what: "revoked", name: "Contracts", urgency: "over", recipient: "file" }),
		]);
		await scene.run(["certs", "retire", "Contracts"]);
		expect(await refresh(...list)).toEqual({ code: 0, told: ["Seal good"], error: undefined });
	});

	it("hears nobody who is not believed", async () => {
		const other = ["--anchor", file("seal.pem"), "--crl", file("root.crl")];
		expect(await refresh(...other)).toMatchObject({ code: 0, told: ["Contracts unknown", "Seal unknown"] });
		expect(await refresh("nothing", ...list)).toMatchObject({ code: 3, error: "no-such-certificate" });
	});
});
