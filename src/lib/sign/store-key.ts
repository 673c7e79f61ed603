import { createHash } from "node:crypto";
import type { Certificates } from "../certificate/certificates.js";
import { chooseOne } from "../certificate/choose.js";
import type { StoreHash, StoreName, StoreScheme, Stores } from "../certificate/stores.js";
import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import { t } from "../text.js";
import type { SignatureScheme } from "../token/token.js";
import { howToSign, type KeySource } from "./key.js";

/** A certificate with a private key in a store of Windows. */
export interface InStore {
	store: StoreName;
	/** As it was named. */
	name: string;
	/** Which certificate; undefined: the only one that is no authority's. */
	fingerprint: string | undefined;
	/** Whether Windows may open a window: nobody sees it where a script runs. */
	mayAsk: boolean;
}

/**
 * Takes a key from a store of Windows. What it takes to use it, Windows asks for itself.
 *
 * @param wanted by which scheme it is to sign; undefined: the usual
 * @throws CfmError as `chooseOne` and `howToSign`; unavailable `store-not-readable`, `store-key-failed`, `signing-failed`
 */
export function keyInStore(
	certificates: Certificates,
	stores: Stores,
	{ store, name, fingerprint, mayAsk }: InStore,
	wanted: SignatureScheme | undefined,
): KeySource {
	return async (step) => {
		const ders = await step("open", async () =>
			orThrow(await stores.certificates(store), (why) => {
				const message = t`Can't read the store ${name}: ${why}.`;
				return new CfmError("unavailable", "store-not-readable", message, { data: { store: name } });
			}),
		);
		const { der: certificate } = await step("key", () => chooseOne(certificates, ders, name, fingerprint));
		const key = await step("login", async () =>
			orThrow(await stores.key(store, certificate, mayAsk), (why) => {
				const message = t`Can't use the private key in the store ${name}: ${why}.`;
				return new CfmError("unavailable", "store-key-failed", message, { data: { store: name } });
			}),
		);
		try {
			const way = await step("key", async () => howToSign(certificate, key.schemes, wanted));
			const { scheme, hash } = { scheme: way.scheme as StoreScheme, hash: way.hash as StoreHash };
			return {
				...{ by: "store" as const, source: name, slot: null, id: null, login: "windows" as const },
				...{ ...way, certificate, others: [] },
				sign: async (message: Buffer) =>
					orThrow(await key.sign(scheme, hash, createHash(hash).update(message).digest()), (why) => {
						return new CfmError("unavailable", "signing-failed", t`The key did not sign: ${why}.`);
					}),
				async close() {
					key.close();
					return undefined;
				},
			};
		} catch (error) {
			key.close();
			throw error;
		}
	};
}

function orThrow<T>(answer: Known<T>, error: (why: string) => CfmError): T {
	if (answer.known) return answer.value;
	throw error(answer.why);
}
