import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { logIn, type PinSource } from "../token/pin.js";
import { keysOf } from "../token/test.js";
import type { OpenToken, SignatureHash, SignatureScheme, TokenKey, Tokens } from "../token/token.js";
import { howToSign, type KeySource } from "./key.js";

/** A key on a token. */
export interface OnToken {
	module: string;
	slot: number;
	/** CKA_ID, hexadecimal; undefined: the only one with a certificate. */
	id: string | undefined;
}

/**
 * Takes a key from a token.
 *
 * @param wanted by which scheme it is to sign; undefined: the usual
 * @throws CfmError as `Tokens.open`, `logIn`, `keysOf` and `howToSign`; not-found `no-certificate`; usage `several-keys`
 */
export function keyOnToken(
	tokens: Tokens,
	{ module, slot, id }: OnToken,
	pin: PinSource,
	wanted: SignatureScheme | undefined,
): KeySource {
	return async (step) => {
		const opened = await step("open", () => tokens.open(module, slot));
		try {
			const login = await step("login", () => logIn(opened, pin));
			return await step("key", async () => {
				const { key, certificate } = await oneKey(opened, id);
				const way = howToSign(certificate, opened.schemes(key), wanted);
				const scheme: SignatureScheme = way.scheme === "ed25519" || way.scheme === "ed448" ? "eddsa" : way.scheme;
				// EdDSA takes the message: what the hash is does not matter.
				const hash = scheme === "eddsa" ? "sha256" : (way.hash as SignatureHash);
				const others = (await opened.objects()).flatMap((one) => one.certificate ?? []);
				return {
					...{ by: "token" as const, source: opened.module, slot, id: key.id, login, ...way, certificate },
					others: others.filter((one) => !one.equals(certificate)),
					sign: async (message: Buffer) => (await opened.sign(key, scheme, hash, message)).signature,
					close: () => opened.close(),
				};
			});
		} catch (error) {
			await opened.close();
			throw error;
		}
	};
}

/** The key with this ID, or the only one that has a certificate. */
async function oneKey(opened: OpenToken, id: string | undefined): Promise<{ key: TokenKey; certificate: Buffer }> {
	const keys = await keysOf(opened, id);
	const able = keys.flatMap((key) => (key.certificate === null ? [] : [{ key, certificate: key.certificate }]));
	const [first, second] = able;
	const data = {
		module: opened.module,
		slot: opened.token.slot,
		ids: (first === undefined ? keys : able.map(({ key }) => key)).map((key) => key.id),
	};
	if (first === undefined) {
		const message = t`There is no certificate on the token for its key: a message can't name its signer.`;
		throw new CfmError("not-found", "no-certificate", message, { data });
	}
	if (second === undefined) return first;
	throw new CfmError("usage", "several-keys", t`There are several keys with certificates on the token; choose one.`, {
		hints: able.slice(0, 5).map(({ key }) => ({ again: { id: key.id } })),
		data,
	});
}
