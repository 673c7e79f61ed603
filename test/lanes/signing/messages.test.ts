import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Constructed, fromBER, ObjectIdentifier, Sequence, Set as SetOf } from "asn1js";
import { afterAll, beforeAll, expect, it } from "vitest";
import { certificatesHere } from "../../../src/lib/adapters/openssl/here.js";
import { type JudgeRequest, judgeSigners } from "../../../src/lib/cms/judge.js";
import { readSignedData } from "../../../src/lib/cms/read.js";
import type { Signer } from "../../../src/lib/cms/signed-data.js";
import { makeFolder } from "../../folders.js";
import { Authority, type Made, openssl } from "./authority.js";
import { messagesApart } from "./child.js";

// Messages that `openssl cms` makes, read by us and judged by it.

const messages = messagesApart();
const certificates = certificatesHere();
const folder = makeFolder("messages");
const content = randomBytes(3000);
const contentFile = join(folder, "content");
let root: Authority;
const signers = new Map<string, Made>();
beforeAll(() => {
	writeFileSync(contentFile, content);
	root = Authority.root(folder, "root", { key: "ec:P-256" });
	const keys = { rsa: "rsa:2048", "rsa-pss": "rsa-pss:2048", p256: "ec:P-256", p521: "ec:P-521" };
	for (const [name, key] of Object.entries({ ...keys, k256: "ec:secp256k1", dsa: "dsa:1024" }))
		signers.set(name, root.issue(name, { key }));
});
afterAll(() => {
	messages.close();
	certificates.close();
});

let count = 0;
/** A message of `openssl cms`. */
function sign(by: readonly string[], words: readonly string[] = []): { der: Buffer; file: string } {
	const file = join(folder, `message${count++}`);
	const named = by.flatMap((name) => {
		const [key = "", ...options] = name.split("+");
		const { file: certificate, keyFile } = signers.get(key) as Made;
		return ["-signer", certificate, "-inkey", keyFile, ...options.flatMap((one) => ["-keyopt", one])];
	});
	openssl(["cms", "-sign", "-binary", "-in", contentFile, "-outform", "DER", "-out", file, ...named, ...words]);
	return { der: readFileSync(file), file };
}

/** What `openssl cms` says of it. */
function opensslSays(file: string, words: readonly string[] = []): boolean {
	try {
		const common = [
			"-inform",
			"DER",
			"-binary",
			"-CAfile",
			root.own.file,
			"-purpose",
			"any",
			"-out",
			join(folder, "out"),
		];
		execFileSync("openssl", ["cms", "-verify", "-in", file, ...common, ...words], { stdio: "pipe" });
		return true;
	} catch {
		return false;
	}
}

const detached = ["-content", contentFile];
async function signersOf(der: Buffer, pieces: readonly Buffer[] | undefined = [content]): Promise<Signer[]> {
	return (await readSignedData(messages, der, { content: pieces }))?.signers ?? [];
}
const told = (all: readonly Signer[]) => all.map(({ integrity, faults }) => [integrity, ...faults].join(" "));

/** Debian's OpenSSL signs by elliptic curves with those of SHA-2 only. */
const hashes = ["sha1", "sha224", "sha256", "sha384", "sha512"];
const cases: [string, string[], string[]][] = [
	...hashes.flatMap((hash): [string, string[], string[]][] => [
		[`rsa ${hash}`, ["rsa"], ["-md", hash]],
		[`rsa without attributes ${hash}`, ["rsa"], ["-md", hash, "-noattr"]],
		[`ec ${hash}`, ["p256"], ["-md", hash]],
	]),
	["rsa sha3-256", ["rsa"], ["-md", "sha3-256"]],
	["rsa sha3-512", ["rsa"], ["-md", "sha3-512"]],
	["pss", ["rsa+rsa_padding_mode:pss"], ["-md", "sha256"]],
	["pss of another salt", ["rsa+rsa_padding_mode:pss+rsa_pss_saltlen:20"], ["-md", "sha384"]],
	["pss with a mask of another hash", ["rsa+rsa_padding_mode:pss+rsa_mgf1_md:sha1"], ["-md", "sha256"]],
	["pss key", ["rsa-pss+rsa_padding_mode:pss"], ["-md", "sha256"]],
	["p521", ["p521"], ["-md", "sha512"]],
	["secp256k1", ["k256"], ["-md", "sha256"]],
	["dsa", ["dsa"], ["-md", "sha256"]],
	["cades", ["rsa"], ["-cades"]],
	["cades by sha1", ["rsa"], ["-cades", "-md", "sha1"]],
	["key id", ["rsa"], ["-keyid"]],
	["attached", ["p256"], ["-nodetach"]],
	["attached of indefinite length", ["p256"], ["-nodetach", "-stream"]],
	["attached without attributes", ["p256"], ["-nodetach", "-noattr"]],
	["two signers", ["rsa", "p256"], ["-nodetach"]],
	["three signers", ["rsa", "p256", "p521"], []],
	["another type", ["rsa"], ["-nodetach", "-econtent_type", "1.2.3.4"]],
];

it.each(cases)("%s: valid, and openssl agrees", async (_, by, words) => {
	const { der, file } = sign(by, words);
	expect(opensslSays(file, words.includes("-nodetach") ? [] : detached)).toBe(true);
	expect(told(await signersOf(der))).toEqual(by.map(() => "valid"));
	const inPieces = [content.subarray(0, 10), content.subarray(10)];
	expect(told(await signersOf(der, inPieces))).toEqual(by.map(() => "valid"));
});

/** Bytes of a message that are somewhere else than in certificates: each is changed once. */
function changed(der: Buffer, part: Buffer, at: number): Buffer {
	const bytes = Buffer.from(der);
	const from = der.indexOf(part);
	expect(from).toBeGreaterThan(0);
	bytes[from + at] = (bytes[from + at] ?? 0) ^ 1;
	return bytes;
}

it("what was changed, is missing, or is unknown is never valid", async () => {
	const { der } = sign(["rsa"], ["-md", "sha256"]);
	const [signer] = await signersOf(der);
	const signature = signer?.signature ?? Buffer.alloc(0);
	expect(told(await signersOf(der, [content, Buffer.from("x")]))).toEqual(["invalid digest-mismatch"]);
	expect(told(await signersOf(changed(der, signature, 9)))).toEqual(["invalid bad-signature"]);
	expect(told((await readSignedData(messages, der))?.signers ?? [])).toEqual(["undecidable content-missing"]);
	const bare = sign(["rsa"], ["-md", "sha256", "-noattr"]).der;
	expect(told(await signersOf(bare, [Buffer.from("x")]))).toEqual(["invalid bad-signature"]);
	expect(told((await readSignedData(messages, bare))?.signers ?? [])).toEqual(["undecidable content-missing"]);
	const nameless = sign(["rsa"], ["-nocerts"]).der;
	expect(told(await signersOf(nameless))).toEqual(["undecidable signer-certificate-missing"]);
	const known = await readSignedData(messages, nameless, {
		content: [content],
		certificates: [(signers.get("rsa") as Made).der],
	});
	expect(told(known?.signers ?? [])).toEqual(["valid"]);
	// rsaEncryption becomes an identifier that nobody has, and SHA-256 another.
	const rsaId = Buffer.from("06092a864886f70d0101010500", "hex");
	const last = der.lastIndexOf(rsaId);
	const odd = Buffer.from(der);
	odd[last + 10] = 0x7f;
	expect(told(await signersOf(odd))).toEqual(["undecidable unknown-signature-algorithm"]);
	const shaId = Buffer.from("0609608648016503040201", "hex");
	const oddHash = Buffer.from(der);
	oddHash[der.lastIndexOf(shaId, last) + 10] = 0x7f;
	expect(told(await signersOf(oddHash))[0]).toContain("unknown-digest");
	expect(await readSignedData(messages, Buffer.from("<html>"))).toBe(null);
	expect(await readSignedData(messages, Buffer.alloc(0))).toBe(null);
});

it("large content goes as hashes", async () => {
	const { der } = sign(["p256"]);
	const big = Buffer.alloc(9 << 20, content);
	expect(told(await signersOf(der, [big]))).toEqual(["invalid digest-mismatch"]);
	const file = join(folder, "big");
	writeFileSync(file, big);
	const out = join(folder, "big.p7s");
	const { file: certificate, keyFile } = signers.get("p256") as Made;
	openssl([
		"cms",
		"-sign",
		"-binary",
		"-in",
		file,
		"-outform",
		"DER",
		"-out",
		out,
		"-signer",
		certificate,
		"-inkey",
		keyFile,
	]);
	expect(told(await signersOf(readFileSync(out), [big.subarray(0, 5_000_000), big.subarray(5_000_000)]))).toEqual([
		"valid",
	]);
});

const request = (): JudgeRequest => ({
	...{ anchors: [root.own.der], intermediates: [], crls: [], ocsp: [], revocation: undefined, at: undefined },
	...{ now: new Date("2026-06-01T00:00:00Z"), allowWeak: false, fetchIssuers: false },
});
const judges = { certificates, fetch: undefined };

it("a signer is valid by certificate, path and time, too", async () => {
	const data = await readSignedData(messages, sign(["rsa"], ["-cades"]).der, { content: [content] });
	if (data === null) throw new Error("not read");
	const of = async (more: Partial<JudgeRequest>) => {
		const [verdict] = await judgeSigners(judges, data, { ...request(), ...more });
		return [verdict?.state, verdict?.integrity, ...(verdict?.reasons ?? []).map(({ code }) => code)].join(" ");
	};
	expect(await of({})).toBe("valid valid");
	expect(await of({ anchors: [] })).toBe("invalid valid issuer-not-found");
	expect(await of({ at: new Date("2050-01-01T00:00:00Z") })).toBe("invalid valid expired expired");
	root.revoke(signers.get("k256") as Made);
	const weak = await readSignedData(messages, sign(["p256"], ["-md", "sha1"]).der, { content: [content] });
	const revoked = await readSignedData(messages, sign(["k256"]).der, { content: [content] });
	if (weak === null || revoked === null) throw new Error("not read");
	const [weakVerdict] = await judgeSigners(judges, weak, request());
	expect(weakVerdict).toMatchObject({ state: "invalid", integrity: "valid", reasons: [{ code: "weak-hash" }] });
	const [revokedVerdict] = await judgeSigners(judges, revoked, { ...request(), crls: [root.crl("list").der] });
	expect(revokedVerdict).toMatchObject({ state: "invalid", integrity: "valid", reasons: [{ code: "revoked" }] });
});

/** The same message, with an attribute of its signer that nobody signed. */
function withUnsigned(der: Buffer, id: string, value: Sequence): Buffer {
	const message = fromBER(new Uint8Array(der)).result as Sequence;
	const inside = (element: unknown) => (element as Sequence).valueBlock.value;
	const [signer] = inside(inside(inside(inside(message)[1])[0]).at(-1));
	const attribute = new Sequence({ value: [new ObjectIdentifier({ value: id }), new SetOf({ value: [value] })] });
	inside(signer).push(new Constructed({ idBlock: { tagClass: 3, tagNumber: 1 }, value: [attribute] }));
	return Buffer.from(message.toBER(false));
}

/** Lists of revocation as both kinds of attributes have them (RFC 5126, 6.3.4; ISO 32000-2, 12.8.3.3.2). */
function listsOf(...lists: Buffer[]): Sequence {
	const all = new Sequence({ value: lists.map((one) => fromBER(new Uint8Array(one)).result) });
	return new Sequence({ value: [new Constructed({ idBlock: { tagClass: 3, tagNumber: 0 }, value: [all] })] });
}

it.each([
	["revocation-values of CAdES", "1.2.840.113549.1.9.16.2.24"],
	["those of Adobe", "1.2.840.113583.1.1.8"],
])("%s count like lists at hand", async (_, id) => {
	const held = root.issue(`held-${id}`, { key: "ec:P-256" });
	signers.set("held", held);
	const { der } = sign(["held"], ["-cades"]);
	const judged = async (list: Buffer) => {
		const data = await readSignedData(messages, withUnsigned(der, id, listsOf(list)), { content: [content] });
		if (data === null) throw new Error("not read");
		const [verdict] = await judgeSigners(judges, data, request());
		return verdict;
	};
	const good = await judged(root.crl(`before-${id}`).der);
	expect(good).toMatchObject({ state: "valid", revocation: [{ by: "crl", state: "good" }] });
	root.revoke(held);
	const revoked = await judged(root.crl(`after-${id}`).der);
	expect(revoked).toMatchObject({ state: "invalid", integrity: "valid", reasons: [{ code: "revoked" }] });
});
