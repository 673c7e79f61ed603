import { createPublicKey, randomBytes, verify } from "node:crypto";
import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { type Login, logIn, type PinSource } from "./pin.js";
import { readCertificate } from "./show.js";
import type { OpenToken, SignatureScheme, TokenKey, Tokens } from "./token.js";

/** One signature that was tried. */
export interface TriedSignature {
	scheme: SignatureScheme;
	/** What was used; null when nothing came of it. */
	mechanism: string | null;
	/** `not-verified`: nobody told the public key, or Node does not know its curve. */
	state: "good" | "wrong" | "failed" | "not-verified";
	why: string | null;
	milliseconds: number | null;
}

export interface TriedKey extends Pick<TokenKey, "id" | "label" | "type" | "bits" | "alwaysAuthenticate"> {
	certificate: { subject: string; notAfter: string } | null;
	signatures: TriedSignature[];
}

export interface TokenTest {
	module: string;
	slot: number;
	label: string;
	serial: string;
	/** As they were before the login. */
	flags: string[];
	login: Login;
	loginMilliseconds: number;
	keys: TriedKey[];
	total: number;
	/** How the module ended badly afterwards. */
	endsBadly: string | null;
}

export interface TestRequest {
	module: string;
	slot: number;
	/** CKA_ID, hexadecimal; undefined: all keys. */
	id: string | undefined;
}

/**
 * Logs in, signs with each key by each scheme that the token offers, and verifies what came with Node's own OpenSSL.
 *
 * @throws CfmError as `Tokens.open` and `logIn`; not-found `no-key`, `no-such-key`
 */
export async function testToken(tokens: Tokens, request: TestRequest, source: PinSource): Promise<TokenTest> {
	const opened = await tokens.open(request.module, request.slot);
	let endsBadly: string | undefined;
	const { module, token } = opened;
	let told: Omit<TokenTest, "endsBadly">;
	try {
		const from = performance.now();
		const login = await logIn(opened, source);
		const loginMilliseconds = Math.round(performance.now() - from);
		const keys = await keysOf(opened, request.id);
		const tried: TriedKey[] = [];
		for (const key of keys) tried.push(await tryKey(opened, key));
		const { slot, label, serial, flags } = token;
		told = { module, slot, label, serial, flags, login, loginMilliseconds, keys: tried, total: tried.length };
	} finally {
		endsBadly = await opened.close();
	}
	return { ...told, endsBadly: endsBadly ?? null };
}

/**
 * The keys of a token that can sign, in the order of their IDs.
 *
 * @param id CKA_ID, hexadecimal; undefined: all keys
 * @throws CfmError not-found `no-key`, `no-such-key`
 */
export async function keysOf(opened: OpenToken, id: string | undefined): Promise<TokenKey[]> {
	const all = (await opened.keys()).toSorted((a, b) => (a.id < b.id ? -1 : 1));
	const wanted = id === undefined ? all : all.filter((key) => key.id === id.toLowerCase());
	if (wanted.length > 0) return wanted;
	const { module, token } = opened;
	const data = { module, slot: token.slot, ids: all.map((key) => key.id) };
	const hints = [line("tokens show", [], { module, slot: token.slot })];
	if (all.length === 0) {
		throw new CfmError("not-found", "no-key", t`There is no key on the token that can sign.`, { hints, data });
	}
	throw new CfmError("not-found", "no-such-key", t`There is no key ${id ?? ""} on the token that can sign.`, {
		hints,
		data,
	});
}

async function tryKey(opened: OpenToken, key: TokenKey): Promise<TriedKey> {
	const signatures: TriedSignature[] = [];
	for (const scheme of opened.schemes(key)) signatures.push(await trySignature(opened, key, scheme));
	const { id, label, type, bits, alwaysAuthenticate, certificate } = key;
	return {
		...{ id, label, type, bits, alwaysAuthenticate },
		certificate: certificate === null ? null : (readCertificate(certificate) ?? { subject: "", notAfter: "" }),
		signatures,
	};
}

/** A module that is gone fails all that follows; a call that is refused fails only itself. */
async function trySignature(opened: OpenToken, key: TokenKey, scheme: SignatureScheme): Promise<TriedSignature> {
	const message = randomBytes(32);
	try {
		const { signature, mechanism, milliseconds } = await opened.sign(key, scheme, "sha256", message);
		const verified = isGood(key, scheme, message, signature);
		const state = verified === undefined ? "not-verified" : verified ? "good" : "wrong";
		const why = { good: null, wrong: t`the signature does not verify`, "not-verified": t`the public key is unknown` };
		return { scheme, mechanism, state, why: why[state], milliseconds };
	} catch (error) {
		if (!(error instanceof CfmError) || error.code.startsWith("module-")) throw error;
		return { scheme, mechanism: null, state: "failed", why: error.message, milliseconds: null };
	}
}

/** @returns undefined when nobody can tell */
function isGood(key: TokenKey, scheme: SignatureScheme, message: Buffer, signature: Buffer): boolean | undefined {
	if (key.publicKey === null) return undefined;
	try {
		const publicKey = createPublicKey({ key: { ...key.publicKey }, format: "jwk" });
		if (scheme === "eddsa") return verify(null, message, publicKey, signature);
		if (scheme === "ecdsa") return verify("sha256", message, { key: publicKey, dsaEncoding: "ieee-p1363" }, signature);
		// RSA_PKCS1_PSS_PADDING and RSA_PKCS1_PADDING of OpenSSL.
		const padding = scheme === "rsa-pss" ? { padding: 6, saltLength: 32 } : { padding: 1 };
		return verify("sha256", message, { key: publicKey, ...padding }, signature);
	} catch {
		return undefined;
	}
}

/** Why a test is bad news. */
export function testVerdict({ keys, label, slot }: TokenTest): CfmError | undefined {
	const bad = keys.flatMap(({ id, signatures }) =>
		signatures.filter(({ state }) => state === "wrong" || state === "failed").map(({ scheme }) => ({ id, scheme })),
	);
	const useless = keys.filter(({ signatures }) => signatures.length === 0);
	if (bad.length === 0 && useless.length < keys.length) return undefined;
	const name = label === "" ? t`the token in slot ${slot}` : t`the token ${label}`;
	const message =
		bad.length > 0
			? t`A signature of ${name} failed or is wrong: ${bad.map(({ scheme }) => scheme).join(", ")}.`
			: t`No key of ${name} can sign with what the token offers.`;
	return new CfmError("unavailable", "token-test-failed", message, { data: { failed: bad } });
}
