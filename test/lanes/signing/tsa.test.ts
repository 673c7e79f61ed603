import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromBER, Integer, Sequence } from "asn1js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fetchOver } from "../../../src/lib/adapters/fetch/fetch.js";
import { certificatesHere } from "../../../src/lib/adapters/openssl/here.js";
import { testTsa, tsaVerdict } from "../../../src/lib/cms/tsa.js";
import { makeFolder } from "../../folders.js";
import { Authority, contentOf, type Made, openssl } from "./authority.js";
import { messagesApart } from "./child.js";
import { Host } from "./responder.js";

// Timestamp servers on the loopback: `openssl ts` answers each request, and every fault is a path.

const certificates = certificatesHere();
const messages = messagesApart();
const folder = makeFolder("tsa");
const usages = { right: "critical,timeStamping", plain: "timeStamping", more: "critical,timeStamping,emailProtection" };
let host: Host;
let root: Authority;
beforeAll(async () => {
	host = await Host.start();
	root = Authority.root(folder, "root");
	const usage = (value: string) => ["keyUsage=critical,digitalSignature", `extendedKeyUsage=${value}`];
	const old = { extensions: usage(usages.right), until: "20210101000000Z" };
	server("/expired", root.issue("expired", old));
	server("/sha512-only", root.issue("sha512", { extensions: usage(usages.right) }), "sha512");
	const kept = root.issue("kept", { extensions: usage(usages.right) });
	server("/right", kept);
	for (const name of ["plain", "more"] as const) {
		const wrong = root.issue(name, { extensions: usage(usages[name]) });
		host.at(`/${name}`, (request, response) => response.end(signedAnew(reply(request, kept), wrong)));
	}
	const first = openssl(["ts", "-query", "-data", kept.file, "-sha256", "-cert"]);
	const answered = reply(first, kept);
	host.file("/old", answered);
	host.file("/page", "<html>Please log in</html>");
	host.file("/error", "no", 500);
	host.at("/bent", (request, response) => {
		const answer = reply(request, kept);
		answer[answer.length - 3] = (answer[answer.length - 3] ?? 0) ^ 1;
		response.end(answer);
	});
});
afterAll(() => {
	host.close();
	messages.close();
	certificates.close();
});

let count = 0;
/** What `openssl ts` answers. */
function reply(request: Buffer, signer: Made, digests = "sha256, sha384, sha512"): Buffer {
	const at = join(folder, `tsa${count++}`);
	writeFileSync(`${at}.tsq`, request);
	writeFileSync(`${at}.serial`, "01\n");
	const lines = [
		...["[tsa]", "default_tsa = own", "[own]", `serial = ${at}.serial`, `signer_cert = ${signer.file}`],
		...[
			`signer_key = ${signer.keyFile}`,
			`certs = ${root.own.file}`,
			"default_policy = 1.2.3.4",
			"other_policies = 1.2.3.5",
		],
		...[
			`digests = ${digests}`,
			"signer_digest = sha256",
			"accuracy = secs:1, millisecs:500",
			"ess_cert_id_alg = sha256",
		],
	];
	writeFileSync(`${at}.cnf`, `${lines.join("\n")}\n`);
	openssl(["ts", "-reply", "-config", `${at}.cnf`, "-queryfile", `${at}.tsq`, "-out", `${at}.tsr`]);
	return contentOf(`${at}.tsr`);
}

/** The same timestamp, signed by somebody for whom `openssl ts` would not. */
function signedAnew(answer: Buffer, signer: Made): Buffer {
	const at = join(folder, `anew${count++}`);
	writeFileSync(`${at}.tsr`, answer);
	openssl(["ts", "-reply", "-in", `${at}.tsr`, "-token_out", "-out", `${at}.token`]);
	openssl(["cms", "-verify", "-noverify", "-inform", "DER", "-in", `${at}.token`, "-out", `${at}.info`]);
	const type = ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-binary", "-nodetach", "-cades"];
	const by = ["-signer", signer.file, "-inkey", signer.keyFile, "-outform", "DER", "-out", `${at}.cms`];
	openssl(["cms", "-sign", ...type, "-in", `${at}.info`, ...by]);
	const status = new Sequence({ value: [new Integer({ value: 0 })] });
	const token = fromBER(new Uint8Array(contentOf(`${at}.cms`))).result;
	return Buffer.from(new Sequence({ value: [status, token] }).toBER(false));
}

function server(path: string, signer: Made, digests?: string): void {
	host.at(path, (request, response) => response.end(reply(request, signer, digests)));
}

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
