import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchOver } from "../../../src/lib/adapters/fetch/fetch.js";
import { linuxStores } from "../../../src/lib/adapters/linux/certificate-stores.js";
import type { Stores } from "../../../src/lib/certificate/stores.js";
import { known, unknown } from "../../../src/lib/known.js";
import { keyInFile } from "../../../src/lib/sign/pkcs12-key.js";
import { keyInStore } from "../../../src/lib/sign/store-key.js";
import { signVerdict, testSigning } from "../../../src/lib/sign/test.js";
import type { SignatureScheme } from "../../../src/lib/token/token.js";
import { atTerminal, enter, json } from "../../e2e/cfm.js";
import { makeFolder } from "../../folders.js";
import { makeScene, type Scene } from "../../shape/scene.js";
import { Authority, contentOf, type Made, openssl } from "./authority.js";
import { certificatesApart, messagesApart } from "./child.js";
import { Host } from "./responder.js";
import { pin, SoftHsm, softhsmModule } from "./softhsm.js";
import { Stamps, stampExtensions } from "./stamps.js";

// Messages that cfm makes with keys of PKCS#12 files and of SoftHSM, verified by us and by `openssl cms`.

const certificates = certificatesApart();
const messages = messagesApart();
const folder = makeFolder("sign");
let host: Host;
let root: Authority;
beforeAll(async () => {
	host = await Host.start();
	root = Authority.root(folder, "root", { key: "ec:P-256" });
	new Stamps(folder, root).serve(host, "/tsa", root.issue("stamps", { extensions: stampExtensions() }));
	host.file("/error", "no", 500);
});
afterAll(() => {
	host.close();
	messages.close();
	certificates.close();
});

/** The key of somebody in a PKCS#12 file, with the certificate of their authority. */
function pkcs12(made: Made, password = "secret"): string {
	const file = `${made.file}.p12`;
	const words = ["-inkey", made.keyFile, "-in", made.file, "-certfile", root.own.file, "-passout", `pass:${password}`];
	openssl(["pkcs12", "-export", ...words, "-iter", "100", "-out", file]);
	return file;
}

async function sign(file: string, { scheme, tsa }: { scheme?: SignatureScheme; tsa?: string } = {}) {
	const source = { name: file, read: async () => contentOf(file), password: async () => "secret" };
	const judge = {
		...{ anchors: [root.own.der], intermediates: [], crls: [], ocsp: [], revocation: undefined },
		...{ allowWeak: false, fetchIssuers: false },
	};
	const fetch = (asked: Parameters<typeof fetchOver>[0]) => fetchOver(asked, {});
	const key = keyInFile(certificates, source, scheme);
	return testSigning({ certificates, messages, fetch }, key, { tsa, judge, now: () => new Date() });
}

/** Whether `openssl cms` takes a message for one of this content, as CAdES. */
function opensslVerifies(contentFile: string, messageFile: string, authority: string): void {
	const from = ["-in", messageFile, "-inform", "DER", "-binary", "-content", contentFile, "-CAfile", authority];
	openssl(["cms", "-verify", "-cades", ...from, "-purpose", "any", "-out", join(folder, "out")]);
}

it.each<[string, string, string, SignatureScheme | undefined]>([
	["rsa:2048", "rsa-pkcs1", "sha256", undefined],
	["rsa:2048", "rsa-pss", "sha256", "rsa-pss"],
	["rsa-pss:2048", "rsa-pss", "sha256", undefined],
	["ec:P-256", "ecdsa", "sha256", undefined],
	["ec:P-384", "ecdsa", "sha384", undefined],
	["ec:P-521", "ecdsa", "sha512", undefined],
	["ed25519", "ed25519", "sha512", undefined],
	["ed448", "ed448", "shake256:64", undefined],
])("%s by %s: valid, and openssl agrees where it knows it", async (key, scheme, hash, wanted) => {
	const name = `${key.replace(":", "-")}-${scheme}`;
	const { test, made } = await sign(pkcs12(root.issue(name, { key })), wanted === undefined ? {} : { scheme: wanted });
	expect(test).toMatchObject({ scheme, hash, login: "password", by: "pkcs12", endsBadly: null });
	expect(test.signature).toMatchObject({ state: "valid", reasons: [], signingCertificate: "v2", hasAttributes: true });
	expect(test.steps.map(({ step }) => step)).toEqual(["open", "login", "key", "sign", "verify"]);
	expect(signVerdict(test)).toBeUndefined();
	const [content, message] = [join(folder, name), join(folder, `${name}.p7s`)];
	writeFileSync(content, made.content);
	writeFileSync(message, made.message);
	// Debian's OpenSSL knows no EdDSA in messages.
	if (!key.startsWith("ed")) opensslVerifies(content, message, root.own.file);
});

it("a timestamp is an unsigned attribute, and judges the signature", async () => {
	const file = pkcs12(root.issue("stamped", { key: "ec:P-256" }));
	const { test, made } = await sign(file, { tsa: host.url("/tsa") });
	expect(test.signature).toMatchObject({ state: "valid", judgedBy: "timestamp", timestamps: [{ state: "valid" }] });
	expect(test.steps.map(({ step }) => step)).toContain("timestamp");
	const [content, message] = [join(folder, "stamped"), join(folder, "stamped.p7s")];
	writeFileSync(content, made.content);
	writeFileSync(message, made.message);
	opensslVerifies(content, message, root.own.file);
	expect(openssl(["cms", "-cmsout", "-print", "-inform", "DER", "-in", message]).toString()).toContain(
		"id-smime-aa-timeStampToken",
	);
});

/** What Windows' CNG does with a key, by OpenSSL: a hash in, a signature out. */
function storeOf(made: Made, others: readonly Made[] = []): Stores {
	return {
		...linuxStores,
		...{ believed: async () => Buffer.alloc(0), file: async () => Buffer.alloc(0) },
		certificates: async () => known([...others, made].map(({ der }) => der)),
		key: async () =>
			known({
				...{ by: "cng", schemes: ["rsa-pkcs1", "rsa-pss", "ecdsa"], close: () => {} },
				async sign(scheme, hash, digest) {
					const padding = ["rsa_padding_mode:pss", "rsa_pss_saltlen:digest"];
					const words = [`digest:${hash}`, ...(scheme === "rsa-pss" ? padding : [])].flatMap((one) => [
						"-pkeyopt",
						one,
					]);
					const signed = openssl(["pkeyutl", "-sign", "-inkey", made.keyFile, ...words], { input: digest });
					return scheme === "ecdsa" ? known(pairOf(signed)) : known(signed);
				},
			}),
	};
}

/** r and s of a P-256 signature, one behind the other. */
function pairOf(der: Buffer): Buffer {
	const length = der[3] ?? 0;
	const padded = (part: Buffer) => Buffer.concat([Buffer.alloc(32), part]).subarray(-32);
	return Buffer.concat([padded(der.subarray(4, 4 + length)), padded(der.subarray(6 + length))]);
}

describe("a key in a store of Windows", () => {
	const signIn = (stores: Stores, fingerprint?: string, scheme?: SignatureScheme) => {
		const where = { store: { scope: "user", name: "MY" }, name: "user", fingerprint, mayAsk: false } as const;
		const judge = {
			...{ anchors: [root.own.der], intermediates: [], crls: [], ocsp: [], revocation: undefined },
			...{ allowWeak: false, fetchIssuers: false },
		};
		const tools = { certificates, messages, fetch: undefined };
		const request = { tsa: undefined, judge, now: () => new Date() };
		return testSigning(tools, keyInStore(certificates, stores, where, scheme), request).catch(
			(error: unknown) => error,
		);
	};

	it.each<[string, string, SignatureScheme | undefined]>([
		["rsa:2048", "rsa-pkcs1", undefined],
		["rsa:2048", "rsa-pss", "rsa-pss"],
		["ec:P-256", "ecdsa", undefined],
	])("%s by %s: valid", async (key, scheme, wanted) => {
		const made = root.issue(`stored-${scheme}`, { key });
		expect(await signIn(storeOf(made), undefined, wanted)).toMatchObject({
			test: { by: "store", source: "user", login: "windows", scheme, signature: { state: "valid" } },
		});
	});

	it("is chosen by its certificate; what Windows refuses is said, with the step", async () => {
		const [one, other] = [
			root.issue("stored-one", { key: "ec:P-256" }),
			root.issue("stored-other", { key: "ec:P-256" }),
		];
		const stores = storeOf(one, [other]);
		expect(await signIn(stores)).toMatchObject({ code: "several-certificates", data: { step: "key" } });
		const [facts] = await certificates.describe([one.der]);
		expect(await signIn(stores, facts?.fingerprint)).toMatchObject({ test: { signature: { state: "valid" } } });
		const without: Stores = { ...storeOf(one), key: async () => unknown("no key") };
		expect(await signIn(without)).toMatchObject({ code: "store-key-failed", data: { step: "login" } });
		const missing: Stores = { ...storeOf(one), certificates: linuxStores.certificates };
		expect(await signIn(missing)).toMatchObject({ code: "store-not-readable", data: { step: "open" } });
	});
});

it("says which step failed: the file, its password, the server, the path", async () => {
	const made = root.issue("failing", { key: "ec:P-256" });
	const failing = (file: string, more = {}) => sign(file, more).catch((error: unknown) => error);
	const code = (code: string, step: string) => ({ code, data: expect.objectContaining({ step }) });
	expect(await failing(pkcs12(made, "another"))).toMatchObject(code("wrong-password", "login"));
	expect(await failing(made.file)).toMatchObject(code("no-key-in-file", "key"));
	const file = pkcs12(made);
	expect(await failing(file, { scheme: "rsa-pss" })).toMatchObject(code("mechanism-missing", "key"));
	expect(await failing(file, { tsa: host.url("/error") })).toMatchObject(code("tsa-unreachable", "timestamp"));
	const old = root.issue("old", { key: "ec:P-256", until: "20210101000000Z" });
	const { test } = await sign(pkcs12(old));
	expect(signVerdict(test)).toMatchObject({ kind: "findings", ...code("signature-not-valid", "verify") });
});

describe("the program, with SoftHSM", () => {
	let scene: Scene;
	let hsm: SoftHsm;
	let slot: string;
	const asked = (words: readonly string[], input = pin) =>
		json(scene, ["sign", "test", "--module", softhsmModule, "--slot", slot, "--pin-file", "-", "--offline", ...words], {
			environment: hsm.variables,
			input,
		});

	beforeAll(async () => {
		scene = makeScene();
		hsm = SoftHsm.make(join(folder, "hsm"), "Ana's token");
		const put = (made: Made, id: string, certificate = made) => {
			openssl(["pkey", "-in", made.keyFile, "-outform", "DER", "-out", `${made.keyFile}.der`]);
			writeFileSync(`${certificate.file}.der`, certificate.der);
			hsm.importKey(`${made.keyFile}.der`, `${certificate.file}.der`, id, `key ${id}`);
		};
		const rsa = root.issue("token-rsa");
		put(rsa, "01");
		put(root.issue("token-ec", { key: "ec:P-384" }), "02");
		// The certificate of another key.
		put(root.issue("token-other"), "03", rsa);
		hsm.makeKey("rsa:2048", "04", "without certificate");
		const { result } = await json(scene, ["tokens", "list", "--module", softhsmModule], { environment: hsm.variables });
		slot = String(result.modules[0].tokens.find((one: { label: string }) => one.label === "Ana's token").slot);
	});
	afterAll(() => scene.remove());

	it.each([
		["01", "rsa-pkcs1", []],
		["01", "rsa-pss", ["--scheme", "rsa-pss"]],
		["02", "ecdsa", []],
	])("key %s by %s: valid, and openssl agrees", async (id, scheme, words) => {
		const out = join(scene.work, `${id}-${scheme}`);
		const trust = ["--anchor", root.own.file, "--out-file", out];
		const { code, result } = await asked(["--id", id, ...trust, ...words]);
		expect(code).toBe(0);
		expect(result).toMatchObject({
			by: "token",
			id,
			login: "pin",
			scheme,
			files: { content: out, message: `${out}.p7s` },
		});
		expect(result.signature).toMatchObject({ state: "valid", reasons: [] });
		opensslVerifies(out, `${out}.p7s`, root.own.file);
	});

	it("the step of a failure is told, and nothing is guessed", async () => {
		const told = async (words: readonly string[], input?: string) => {
			const { code, error } = await asked(words, input);
			return [code, error.code, error.data.step];
		};
		expect(await told([])).toEqual([2, "several-keys", "key"]);
		expect(await told(["--id", "01"], "24680")).toEqual([5, "wrong-pin", "login"]);
		expect(await told(["--id", "04"])).toEqual([3, "no-certificate", "key"]);
		expect(await told(["--id", "03", "--anchor", root.own.file])).toEqual([7, "sign-test-failed", "sign"]);
		expect(await told(["--id", "01", "--anchor", root.authority("elsewhere").own.file])).toEqual([
			8,
			"signature-not-valid",
			"verify",
		]);
	});

	it("asks for the password of a file at a terminal, and shows it to nobody", async () => {
		const file = pkcs12(root.issue("asked", { key: "ec:P-256" }), "secret-word");
		const line = `cfm sign test --p12 ${file} --anchor ${root.own.file} --offline`;
		const { code, screen } = await atTerminal(scene, line, [["Password of", `secret-word${enter}`]]);
		expect(code).toBe(0);
		expect(screen).toContain("is valid");
		expect(screen).not.toContain("secret-word");
	});

	it("a file that is there is replaced only with --force", async () => {
		const out = join(scene.work, "kept");
		const words = ["--id", "02", "--anchor", root.own.file, "--out-file", out];
		expect((await asked(words)).code).toBe(0);
		const first = contentOf(out);
		expect(await asked(words)).toMatchObject({ code: 4, error: { code: "file-exists" } });
		expect(contentOf(out).equals(first)).toBe(true);
		expect((await asked([...words, "--force"])).code).toBe(0);
		expect(contentOf(out).equals(first)).toBe(false);
	});
});
