import { execFileSync } from "node:child_process";
import { createPrivateKey, randomBytes, sign as signBytes } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Constructed, fromBER, ObjectIdentifier, OctetString, Sequence, Set as SetOf } from "asn1js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { certificatesHere } from "../../../src/lib/adapters/openssl/here.js";
import { type JudgeRequest, judgeSigners } from "../../../src/lib/cms/judge.js";
import { hashOf, readSignedData } from "../../../src/lib/cms/read.js";
import type { Signer } from "../../../src/lib/cms/signed-data.js";
import { checkFiles } from "../../../src/lib/signature/check.js";
import { makeFolder } from "../../folders.js";
import { Authority, type Made, openssl } from "./authority.js";
import { messagesApart } from "./child.js";
import { Pdf } from "./pdf.js";
import { Host } from "./responder.js";

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
function sign(
	by: readonly string[],
	words: readonly string[] = [],
	of: Buffer = content,
): { der: Buffer; file: string } {
	writeFileSync(contentFile, of);
	const file = join(folder, `message${count++}`);
	const named = by.flatMap((name) => {
		const [key = "", ...options] = name.split("+");
		const { file: certificate, keyFile } = signers.get(key) as Made;
		return ["-signer", certificate, "-inkey", keyFile, ...options.flatMap((one) => ["-keyopt", one])];
	});
	openssl(["cms", "-sign", "-binary", "-in", contentFile, "-outform", "DER", "-out", file, ...named, ...words]);
	writeFileSync(contentFile, content);
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

it("a hash beside the algorithm that is another than the content's: that of the content was meant", async () => {
	const { der, file } = sign(["rsa"], ["-md", "sha256"]);
	// rsaEncryption becomes sha512WithRSAEncryption.
	der[der.lastIndexOf(Buffer.from("06092a864886f70d0101010500", "hex")) + 10] = 0x0d;
	writeFileSync(file, der);
	expect(opensslSays(file, detached)).toBe(true);
	expect(told(await signersOf(der))).toEqual(["valid"]);
});

it("EdDSA with another hash of the content than belongs to it (RFC 8419)", async () => {
	const kinds = [
		["ed25519", "sha512", "sha256"],
		["ed448", "shake256:64", "sha512"],
	] as const;
	for (const [scheme, right, wrong] of kinds) {
		const { der: certificate, keyFile } = root.issue(scheme, { key: scheme });
		for (const hash of [right, wrong]) {
			const digest = hashOf(hash, [content]);
			const attributes = await messages.toSign({ certificate, digest, signingTime: "2026-06-01T00:00:00Z" });
			if (attributes === null) throw new Error("no attributes");
			const signature = signBytes(null, attributes, createPrivateKey(readFileSync(keyFile)));
			const made = await messages.assemble({ attributes, signature, scheme, hash, certificates: [certificate] });
			expect([hash, ...told(await signersOf(made))]).toEqual([
				hash,
				hash === right ? "valid" : "invalid algorithms-differ",
			]);
		}
	}
});

it("a message that holds a PDF is a message", async () => {
	const { der } = sign(["rsa"], ["-nodetach"], Pdf.make().bytes);
	const file = { name: "contract.pdf.p7m", read: async () => der, content: async () => undefined };
	const tools = { certificates, messages, pdfs: undefined as never, fetch: undefined };
	const [checked] = await checkFiles(tools, [file], request());
	expect(checked).toMatchObject({ format: "cms", state: "valid" });
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

/** An OCSP answer as both kinds of attributes have it: CAdES keeps only the part that is signed. */
function answerOf(id: string, answer: Buffer): Sequence {
	const inside = (element: unknown) => (element as Sequence).valueBlock.value;
	const whole = fromBER(new Uint8Array(answer)).result;
	const bytes = inside(inside(inside(whole)[1])[0])[1] as OctetString;
	const basic = fromBER(bytes.getValue()).result;
	const all = new Sequence({ value: [id.startsWith("1.2.840.113583") ? whole : basic] });
	return new Sequence({ value: [new Constructed({ idBlock: { tagClass: 3, tagNumber: 1 }, value: [all] })] });
}

it.each([
	["revocation-values of CAdES", "1.2.840.113549.1.9.16.2.24"],
	["those of Adobe", "1.2.840.113583.1.1.8"],
])("OCSP answers in %s count like answers at hand, as far as whoever signed them may", async (_, id) => {
	const host = await Host.start();
	try {
		const kept = root.issue(`kept-${id}`, { key: "ec:P-256" });
		const other = root.issue(`other-${id}`, { key: "ec:P-256" });
		const responds = [
			"basicConstraints=CA:FALSE",
			"keyUsage=critical,digitalSignature",
			"extendedKeyUsage=OCSPSigning",
		];
		const delegated = root.issue(`responder-${id}`, { key: "ec:P-256", extensions: responds });
		signers.set("kept", kept);
		const { der } = sign(["kept"], ["-cades"]);
		const ask = async (one: Made) => (await certificates.askOcsp(one.der, root.own.der)) ?? Buffer.alloc(0);
		const judged = async (answer: Buffer, more: Partial<JudgeRequest> = {}) => {
			const message = withUnsigned(der, id, answerOf(id, answer));
			const data = await readSignedData(messages, message, { content: [content] });
			if (data === null) throw new Error("not read");
			const [verdict] = await judgeSigners(judges, data, { ...request(), now: new Date(), ...more });
			return { state: verdict?.state, said: verdict?.revocation.map(({ by, state }) => `${by} ${state}`) };
		};
		const good = host.ocspAnswer(root, root.own, await ask(kept));
		expect(await judged(good)).toEqual({ state: "valid", said: ["ocsp good"] });
		const byDelegate = host.ocspAnswer(root, delegated, await ask(kept));
		expect(await judged(byDelegate)).toEqual({ state: "valid", said: ["ocsp good"] });
		const byOther = host.ocspAnswer(root, other, await ask(kept));
		expect(await judged(byOther)).toEqual({ state: "invalid", said: ["ocsp not-trusted"] });
		const ofOther = host.ocspAnswer(root, root.own, await ask(other));
		expect(await judged(ofOther)).toEqual({ state: "invalid", said: ["ocsp other-certificate"] });
		const later = new Date(Date.now() + 90 * 86_400_000);
		expect(await judged(good, { now: later })).toEqual({ state: "invalid", said: ["ocsp stale"] });
		root.revoke(kept);
		const revoked = host.ocspAnswer(root, root.own, await ask(kept));
		expect(await judged(revoked)).toEqual({ state: "invalid", said: ["ocsp revoked"] });
	} finally {
		host.close();
	}
});

it("a list of revocation inside that is out of date, or another authority's, helps nobody", async () => {
	const id = "1.2.840.113583.1.1.8";
	const judged = async (list: Buffer) => {
		const { der } = sign(["p521"], ["-cades"]);
		const data = await readSignedData(messages, withUnsigned(der, id, listsOf(list)), { content: [content] });
		if (data === null) throw new Error("not read");
		const [verdict] = await judgeSigners(judges, data, request());
		return [verdict?.state, ...(verdict?.reasons ?? []).map(({ code }) => code)];
	};
	const stale = root.crl("stale", { from: "20250101000000Z", until: "20250201000000Z" });
	expect(await judged(stale.der)).toEqual(["invalid", "crl-stale"]);
	const stranger = Authority.root(makeFolder("stranger"), "stranger", { key: "ec:P-256" });
	expect(await judged(stranger.crl("list").der)).toEqual(["invalid", "no-crl"]);
});

describe("what is odd in a message", () => {
	const inside = (element: unknown) => (element as Sequence).valueBlock.value;
	/** The signed attributes, by which a test takes them out, doubles or changes them; signed anew with the signer's key. */
	const withAttributes = (change: (attributes: Sequence[]) => Sequence[]): Buffer => {
		const { der } = sign(["p256"], ["-cades", "-md", "sha256"]);
		const message = fromBER(new Uint8Array(der)).result as Sequence;
		const [signer] = inside(inside(inside(inside(message)[1])[0]).at(-1));
		const parts = inside(signer);
		const at = parts.findIndex((one) => one.idBlock.tagClass === 3 && one.idBlock.tagNumber === 0);
		const tagged = parts[at] as Constructed;
		tagged.valueBlock.value = change(tagged.valueBlock.value as Sequence[]);
		const signed = Buffer.from(new SetOf({ value: tagged.valueBlock.value }).toBER(false));
		const key = createPrivateKey(readFileSync((signers.get("p256") as Made).keyFile));
		parts[at + 2] = new OctetString({ valueHex: new Uint8Array(signBytes("sha256", signed, key)) });
		return Buffer.from(message.toBER(false));
	};
	const idOf = (one: Sequence) => (one.valueBlock.value[0] as ObjectIdentifier).valueBlock.toString();
	const contentType = "1.2.840.113549.1.9.3";
	const digest = "1.2.840.113549.1.9.4";
	const without = (id: string) => (all: Sequence[]) => all.filter((one) => idOf(one) !== id);
	const twice = (id: string) => (all: Sequence[]) => [...all, ...all.filter((one) => idOf(one) === id)];

	it.each<[string, (all: Sequence[]) => Sequence[], string]>([
		["nothing", (all) => all, "valid"],
		["attributes in another order than DER has them", (all) => all.toReversed(), "valid"],
		["no content type", without(contentType), "invalid attribute-missing"],
		["no digest", without(digest), "invalid attribute-missing"],
		["two content types", twice(contentType), "invalid attribute-repeated"],
		["two digests", twice(digest), "invalid attribute-repeated"],
		["two names of the certificate", twice("1.2.840.113549.1.9.16.2.47"), "invalid attribute-repeated"],
	])("%s: %s", async (_, change, expected) => {
		expect(told(await signersOf(withAttributes(change)))).toEqual([expected]);
	});

	it("one of several signers that is wrong makes the file so", async () => {
		const { der } = sign(["rsa", "p256"], ["-nodetach"]);
		const whole = await readSignedData(messages, der);
		const signature = whole?.signers[1]?.signature ?? Buffer.alloc(0);
		const bytes = changed(der, signature, signature.length - 3);
		const read = async () => bytes;
		const tools = { certificates, messages, pdfs: undefined as never, fetch: undefined };
		const [checked] = await checkFiles(tools, [{ name: "a.p7m", read, content: async () => undefined }], request());
		expect(checked?.state).toBe("invalid");
		expect(checked?.signatures.map(({ state }) => state).toSorted()).toEqual(["invalid", "valid"]);
	});

	it.each([
		["beside the content (multipart/signed)", []],
		["around the content", ["-nodetach"]],
	])("mail is read, with the signature %s", async (_, words) => {
		const { file: certificate, keyFile } = signers.get("p256") as Made;
		const text = join(folder, "text.txt");
		writeFileSync(text, "Dear Ana,\nthe contract is signed.\n");
		const by = ["-signer", certificate, "-inkey", keyFile];
		const mail = openssl(["cms", "-sign", "-in", text, "-text", ...by, ...words, "-subject", "Contract"]);
		const from = join(folder, "mail.eml");
		writeFileSync(from, mail);
		openssl(["cms", "-verify", "-in", from, "-CAfile", root.own.file, "-purpose", "any", "-out", join(folder, "out")]);
		const state = async (bytes: Buffer) => {
			const file = { name: "mail.p7m", read: async () => bytes, content: async () => undefined };
			const tools = { certificates, messages, pdfs: undefined as never, fetch: undefined };
			return (await checkFiles(tools, [file], request()))[0]?.state;
		};
		expect(await state(mail)).toBe("valid");
		// As programs of Unix keep it.
		expect(await state(Buffer.from(mail.toString("latin1").replaceAll("\r\n", "\n"), "latin1"))).toBe("valid");
		if (words.length > 0) return;
		const changed = Buffer.from(mail.toString("latin1").replace("contract is", "contract was"), "latin1");
		expect(await state(changed)).toBe("invalid");
	});

	it("PEM, base64 alone, and lengths that are not told are read like DER", async () => {
		const { der, file } = sign(["p256"], ["-nodetach", "-stream"]);
		const pem = openssl(["cms", "-cmsout", "-inform", "DER", "-in", file, "-outform", "PEM"]);
		for (const bytes of [der, pem, Buffer.from(der.toString("base64")), Buffer.from(`${der.toString("base64")}\r\n`)])
			expect(told((await readSignedData(messages, bytes))?.signers ?? [])).toEqual(["valid"]);
	});
});
