import { createHmac } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makeFolder } from "../../folders.js";
import { makeScene, type Scene } from "../../shape/scene.js";
import { type Faults, makeCertificate, startSmtp } from "./smtp.js";

const certificate = makeCertificate(makeFolder("mail"));
let scene: Scene;
let now = "";
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
	now = "2026-05-01T12:00:00.000Z";
	scene = makeScene(() => ({ now: () => new Date(now) }));
	writeFileSync(join(scene.work, "password"), "right\n", { mode: 0o600 });
	for (const words of [
		["init", "--yes"],
		["certs", "register", join(scene.work, "ana.pem"), "--alias", "Siegel é <b>", "--owner", "CORP\\ana"],
		["certs", "access", "grant", "Siegel é <b>", "--granted", "2026-01-15"],
	])
		expect(await scene.run(words)).toMatchObject({ code: 0 });
});
afterEach(async () => {
	for (const close of closing.splice(0)) await close();
	scene.remove();
});

async function serve(faults: Faults = {}) {
	const server = await startSmtp(certificate, faults);
	closing.push(server.close);
	return server;
}

/** Runs a command with settings of notices. */
async function run(words: string[], settings: Record<string, string>) {
	const variables = {
		...{ ...scene.environment, CFM_NOTIFY_FROM: "cfm@example.com", CFM_NOTIFY_ISSUERS: "issuers@example.com" },
		...{ CFM_NOTIFY_CA_FILE: certificate.file, CFM_NOTIFY_ZONE: "UTC", ...settings },
	};
	const { out, code, err } = await scene.run([...words, "--json"], { variables });
	return {
		code,
		err,
		out,
		...(JSON.parse(out) as { result: { notices: object[] }; error?: { code: string; message: string } }),
	};
}

it("sends one mail by STARTTLS, logged in: text and HTML, and to exactly one mailbox", async () => {
	const server = await serve();
	const settings = {
		...{ CFM_NOTIFY_SERVER: server.address, CFM_NOTIFY_LOGIN: "cfm" },
		CFM_NOTIFY_PASSWORD_FILE: join(scene.work, "password"),
	};
	const ran = await run(["notify", "run"], settings);
	expect(ran.result).toMatchObject({ total: 1, sent: 1, failed: 0 });
	expect((await run(["notify", "run"], settings)).result).toMatchObject({ total: 0 });
	expect(server.got).toHaveLength(1);
	const [mail] = server.got;
	expect(mail).toMatchObject({ to: ["issuers@example.com"], user: "cfm" });
	expect(mail?.source).toMatch(/^To: issuers@example.com\r$/m);
	expect(mail?.source).toContain("Content-Type: text/plain; charset=utf-8");
	expect(mail?.source).toContain("Content-Type: text/html; charset=utf-8");
	expect(mail?.source).toContain("Siegel =C3=A9 &lt;b&gt;");
	expect(ran.out + ran.err).not.toContain("right");
});

it("loses nothing to a server that drops after DATA, and sends again under the same name", async () => {
	let drops = 1;
	const server = await serve({ drop: () => drops-- > 0 });
	const settings = { CFM_NOTIFY_SERVER: server.address };
	const first = await run(["notify", "run"], settings);
	expect(first).toMatchObject({ code: 7, error: { code: "notices-not-sent" } });
	expect((await run(["notify", "run"], settings)).result).toMatchObject({ total: 0 });
	now = "2026-05-01T12:01:00.000Z";
	expect((await run(["notify", "run"], settings)).result).toMatchObject({ sent: 1 });
	const [one, two] = server.got;
	expect(server.got).toHaveLength(2);
	expect(two?.messageId).toBe(one?.messageId);
	expect(one?.messageId).toMatch(/^[\da-f-]{36}@example\.com$/);
});

it.each<[string, Faults, Record<string, string>, RegExp]>([
	["that refuses the recipient", { refuse: () => true }, {}, /refused the mail.*550/],
	["that says nothing", { silent: true }, { CFM_NOTIFY_TIMEOUT: "1" }, /did not answer in time/],
	["whose certificate nobody believes", {}, { CFM_NOTIFY_CA_FILE: "" }, /certificate is not believed/],
	["that offers no STARTTLS", { options: { disabledCommands: ["STARTTLS"] } }, {}, /./],
	[
		"that does not accept the password",
		{ options: { onAuth: (_auth, _session, callback) => callback(new Error("wrong")) } },
		{ CFM_NOTIFY_LOGIN: "cfm" },
		/did not accept the login/,
	],
])("tells of a server %s, and tries again", async (_, faults, settings, message) => {
	const server = await serve(faults);
	const all = {
		...{ CFM_NOTIFY_SERVER: server.address, CFM_NOTIFY_PASSWORD_FILE: join(scene.work, "password") },
		...settings,
	};
	const { code, result, out } = await run(["notify", "run"], all);
	expect(code, out).toBe(7);
	expect(result.notices).toEqual([
		expect.objectContaining({ outcome: "failed", failure: expect.stringMatching(message) }),
	]);
	expect(server.got).toEqual([]);
	expect(out).not.toContain("right");
	const good = await serve();
	now = "2026-05-01T12:01:00.000Z";
	const again = { CFM_NOTIFY_SERVER: good.address };
	expect((await run(["notify", "run"], again)).result).toMatchObject({ sent: 1 });
	expect(good.got).toHaveLength(1);
});

it("sends a test by TLS from the first byte", async () => {
	const server = await serve({ options: { secure: true } });
	const settings = { CFM_NOTIFY_SERVER: server.address, CFM_NOTIFY_TLS: "tls" };
	expect(await run(["notify", "test", "--to", "ana@example.com"], settings)).toMatchObject({ code: 0 });
	expect(server.got).toMatchObject([{ to: ["ana@example.com"] }]);
	const list = await run(["notify", "test", "--to", "ana@example.com,evil@example.com"], settings);
	expect(list).toMatchObject({ code: 2, error: { code: "bad-mailbox" } });
	const login = { ...settings, CFM_NOTIFY_TLS: "none", CFM_NOTIFY_LOGIN: "cfm" };
	const refused = await run(["notify", "test", "--to", "ana@example.com"], login);
	expect(refused.error?.message).toMatch(/STARTTLS or TLS/);
});

it("posts to a webhook, signed, under the mail's own name; and adds to a file", async () => {
	const posts: { headers: NodeJS.Dict<string | string[]>; body: string }[] = [];
	const server = createServer((request, response) => {
		let body = "";
		request.on("data", (piece) => {
			body += piece;
		});
		request.on("end", () => {
			posts.push({ headers: request.headers, body });
			response.statusCode = posts.length === 1 ? 500 : 204;
			response.end();
		});
	});
	await new Promise<void>((resolve) => {
		server.listen(0, "127.0.0.1", resolve);
	});
	closing.push(() => new Promise((resolve) => server.close(() => resolve())));
	const secret = Buffer.from("a secret of a webhook").toString("base64");
	const [hook, file] = [join(scene.work, "hook"), join(scene.work, "notices.jsonl")];
	const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/key-of-the-hook`;
	writeFileSync(hook, `${url}\nwhsec_${secret}\n`, { mode: 0o600 });
	const { fetchOver } = await import("../../../src/lib/adapters/fetch/fetch.js");
	scene.host.fetcher = async () => (request) => fetchOver(request, {});
	const settings = { CFM_NOTIFY_ISSUERS: "", CFM_NOTIFY_WEBHOOK_FILE: hook, CFM_NOTIFY_FILE: file };
	const first = await run(["notify", "run"], settings);
	expect(first.code).toBe(9);
	expect(first.out + first.err).not.toContain("key-of-the-hook");
	now = "2026-05-01T12:01:00.000Z";
	expect((await run(["notify", "run"], settings)).result).toMatchObject({ total: 1, sent: 1 });
	const [one, two] = posts;
	expect(two?.headers["webhook-id"]).toBe(one?.headers["webhook-id"]);
	const { "webhook-id": id, "webhook-timestamp": at, "webhook-signature": signature } = two?.headers ?? {};
	const hmac = createHmac("sha256", Buffer.from(secret, "base64")).update(`${id}.${at}.${two?.body}`).digest("base64");
	expect(signature).toBe(`v1,${hmac}`);
	expect(JSON.parse(two?.body ?? "")).toMatchObject({
		type: "cfm.notices",
		data: { notices: [{ item: "access/1/1" }] },
	});
	const teams = { ...settings, CFM_NOTIFY_WEBHOOK_FORMAT: "teams" };
	expect(await run(["notify", "test", "--to", "webhook"], teams)).toMatchObject({ code: 0 });
	expect(JSON.parse(posts[2]?.body ?? "")).toMatchObject({
		type: "message",
		attachments: [{ contentType: "application/vnd.microsoft.card.adaptive", content: { type: "AdaptiveCard" } }],
	});
});
