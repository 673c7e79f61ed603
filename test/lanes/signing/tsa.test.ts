import { afterAll, beforeAll, expect, it } from "vitest";
import { fetchOver } from "../../../src/lib/adapters/fetch/fetch.js";
import { certificatesHere } from "../../../src/lib/adapters/openssl/here.js";
import { testTsa, tsaVerdict } from "../../../src/lib/cms/tsa.js";
import { makeFolder } from "../../folders.js";
import { Authority, openssl } from "./authority.js";
import { messagesApart } from "./child.js";
import { Host } from "./responder.js";
import { Stamps, stampExtensions, stampUsages } from "./stamps.js";

// Timestamp servers on the loopback: `openssl ts` answers each request, and every fault is a path.

const certificates = certificatesHere();
const messages = messagesApart();
const folder = makeFolder("tsa");
let host: Host;
let root: Authority;
beforeAll(async () => {
	host = await Host.start();
	root = Authority.root(folder, "root");
	const stamps = new Stamps(folder, root);
	const old = { extensions: stampExtensions(), until: "20210101000000Z" };
	stamps.serve(host, "/expired", root.issue("expired", old));
	stamps.serve(host, "/sha512-only", root.issue("sha512", { extensions: stampExtensions() }), "sha512");
	const kept = root.issue("kept", { extensions: stampExtensions() });
	stamps.serve(host, "/right", kept);
	for (const name of ["plain", "more"] as const) {
		const wrong = root.issue(name, { extensions: stampExtensions(stampUsages[name]) });
		host.at(`/${name}`, (request, response) => response.end(stamps.signedAnew(stamps.reply(request, kept), wrong)));
	}
	const first = openssl(["ts", "-query", "-data", kept.file, "-sha256", "-cert"]);
	const answered = stamps.reply(first, kept);
	host.file("/old", answered);
	host.file("/page", "<html>Please log in</html>");
	host.file("/error", "no", 500);
	host.at("/bent", (request, response) => {
		const answer = stamps.reply(request, kept);
		answer[answer.length - 3] = (answer[answer.length - 3] ?? 0) ^ 1;
		response.end(answer);
	});
});
afterAll(() => {
	host.close();
	messages.close();
	certificates.close();
});

async function ask(path: string, policy?: string, anchors = [root.own.der]) {
	const now = () => new Date();
	const judge = { intermediates: [], crls: [], ocsp: [], revocation: undefined, at: undefined };
	const url = path.startsWith("http") ? path : host.url(path);
	const tools = { certificates, messages, fetch: (asked: Parameters<typeof fetchOver>[0]) => fetchOver(asked, {}) };
	const request = { url, hash: "sha256", policy, now } as const;
	return testTsa(tools, { ...request, judge: { ...judge, anchors, allowWeak: false, fetchIssuers: false } });
}

it("a timestamp is valid, with policy, accuracy and the difference of clocks", async () => {
	const { clockDifference, ...told } = await ask("/right");
	expect(told).toMatchObject({ state: "valid", reasons: [], timestamp: { policy: "1.2.3.4", accuracy: 1500 } });
	// The same clock, which openssl tells in whole seconds; making the answer may take as long as the machine is busy.
	expect(Math.abs(clockDifference ?? Number.NaN)).toBeLessThan(60_000);
	expect(await ask("/right", "1.2.3.5")).toMatchObject({ state: "valid", timestamp: { policy: "1.2.3.5" } });
});

it.each([
	["/plain", "invalid", "not-timestamping", "findings"],
	["/more", "invalid", "not-timestamping", "findings"],
	["/expired", "invalid", "expired", "findings"],
	["/old", "invalid", "nonce", "findings"],
	["/old", "invalid", "imprint-mismatch", "findings"],
	["/bent", "invalid", "bad-signature", "findings"],
	["/sha512-only", "rejected", "rejected", "unavailable"],
	["/page", "no-timestamp", "no-answer", "unavailable"],
	["/error", "unreachable", "http-error", "unavailable"],
	["http://127.0.0.1:1/", "unreachable", "refused", "unavailable"],
])("%s: %s, %s", async (path, state, code, kind) => {
	const test = await ask(path);
	expect(test.state).toBe(state);
	expect(test.reasons.map((one) => one.code)).toContain(code);
	expect(tsaVerdict(test)?.kind).toBe(kind);
});

it("a refusal has the server's own reason", async () => {
	expect(await ask("/sha512-only")).toMatchObject({ status: 2, failures: ["badAlg"] });
	expect(await ask("/right", "1.9.9.9")).toMatchObject({ state: "rejected", failures: ["unacceptedPolicy"] });
});

it("one whose authority is not trusted is not valid", async () => {
	expect((await ask("/right", undefined, [])).state).toBe("invalid");
});
