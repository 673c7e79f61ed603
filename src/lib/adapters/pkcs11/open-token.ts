import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { type About, moduleError, noTokenError, refusedError } from "../../token/errors.js";
import { schemesOf, signingWith } from "../../token/mechanisms.js";
import { mechanismName, tokenFlags } from "../../token/names.js";
import { jwkOfCertificate, publicJwk, typeOfKey } from "../../token/public-key.js";
import type {
	OpenToken,
	SeenObject,
	SignatureHash,
	SignatureScheme,
	Signed,
	TokenDetails,
	TokenKey,
} from "../../token/token.js";
import type { RawMechanism } from "./cryptoki.js";
import { ModuleFailed, type ModuleProcess } from "./process.js";
import type { AnswerTo, Asked, RawObject } from "./requests.js";
import { tokenOf } from "./token-of.js";
import { stateOf } from "./words.js";

const signs = 0x800; // CKF_SIGN
/** How long a person may take at a reader's keypad, in seconds. */
const patience = 180;
const isPinPad = (flags: readonly string[]) => flags.includes("CKF_PROTECTED_AUTHENTICATION_PATH");

/**
 * Opens a token, with one session, and reads what it says of itself before anybody logs in.
 *
 * @param held a process that has loaded nothing yet; it ends with the token
 * @throws CfmError not-found `no-such-slot`, `no-token`; unavailable `module-…`, `token-…`
 */
export async function openToken(held: ModuleProcess, module: string, slot: number): Promise<OpenToken> {
	try {
		const asked = asker(held, { module, slot, label: "" });
		const { by } = await asked({ ask: "load", path: module });
		await asked({ ask: "initialize" });
		const { all, present } = await asked({ ask: "slots" });
		if (!present.includes(slot)) throw noTokenError(module, slot, all.includes(slot));
		const described = await asked({ ask: "slot", slot });
		const raw = await asked({ ask: "token", slot });
		const mechanisms = await asked({ ask: "mechanisms", slot, details: true });
		const token: TokenDetails = {
			...tokenOf(slot, raw, mechanisms),
			slotDescription: described.description.replace(/\0.*$/s, "").trim(),
			pin: { least: raw.minPin, most: raw.maxPin },
			...{ hardware: raw.hardware, firmware: raw.firmware },
			mechanismDetails: mechanisms.map(({ type, minKeySize, maxKeySize, flags }) => ({
				...{ name: mechanismName(type), least: minKeySize, most: maxKeySize, signs: (flags & signs) !== 0 },
			})),
		};
		await asked({ ask: "session", slot });
		return new Opened(held, module, token, mechanisms, by);
	} catch (error) {
		held.kill();
		throw error;
	}
}

/** What asks a process, and tells its failures as errors of ours. */
function asker(held: ModuleProcess, about: About) {
	return async <A extends Asked>(
		request: A,
		options: { secret?: Buffer | undefined; seconds?: number } = {},
	): Promise<AnswerTo<A["ask"]>> => {
		try {
			return await held.ask(request, options);
		} catch (error) {
			if (!(error instanceof ModuleFailed)) throw error;
			const { failure, step } = error;
			if (failure.is === "refused") throw refusedError(about, step, failure.value);
			throw moduleError({ path: about.module, step, ...stateOf(error) });
		}
	};
}

class Opened implements OpenToken {
	private readonly ask: ReturnType<typeof asker>;
	private readonly offered: ReadonlySet<number>;
	/** Kept for keys that want it each time; wiped with `close`. */
	private pin: Buffer | undefined;

	constructor(
		private readonly held: ModuleProcess,
		readonly module: string,
		readonly token: TokenDetails,
		mechanisms: readonly RawMechanism[],
		readonly by: "pkcs11js" | "koffi",
	) {
		this.ask = asker(held, { module, slot: token.slot, label: token.label });
		this.offered = new Set(mechanisms.filter(({ flags }) => (flags & signs) !== 0).map(({ type }) => type));
	}

	async login(pin: Buffer | null): Promise<void> {
		const pad = pin === null;
		this.pin = pin ?? undefined;
		try {
			await this.ask({ ask: "login", pad }, pad ? { seconds: patience } : { secret: pin });
		} catch (error) {
			this.forget();
			throw error;
		}
	}

	async flagsNow(): Promise<string[]> {
		return tokenFlags((await this.ask({ ask: "token", slot: this.token.slot })).flags);
	}

	async objects(): Promise<SeenObject[]> {
		return (await this.ask({ ask: "objects" })).map(({ kind, id, label, value, alwaysAuthenticate }) => ({
			...{ kind, id, label, alwaysAuthenticate },
			certificate: value === null ? null : Buffer.from(value, "hex"),
		}));
	}

	async keys(): Promise<TokenKey[]> {
		const all = await this.ask({ ask: "objects" });
		return all.filter(({ kind, signs }) => kind === "private-key" && signs).map((key) => keyOf(key, all));
	}

	schemes(key: TokenKey): SignatureScheme[] {
		return schemesOf(key, this.offered);
	}

	async sign(key: TokenKey, scheme: SignatureScheme, hash: SignatureHash, message: Buffer): Promise<Signed> {
		const way = signingWith(scheme, hash, message, this.offered);
		if (way === undefined) {
			throw new CfmError("unavailable", "mechanism-missing", t`The token can't sign by ${scheme} with ${hash}.`, {
				data: { module: this.module, slot: this.token.slot, scheme, hash },
			});
		}
		const { data, ...mechanism } = way;
		const pad = isPinPad(this.token.flags);
		const again = key.alwaysAuthenticate ? (pad ? "pad" : "pin") : "no";
		const { signature, milliseconds } = await this.ask(
			{ ask: "sign", object: key.object, mechanism, data: data.toString("hex"), again },
			{ secret: again === "pin" ? this.pin : undefined, ...(again === "pad" && { seconds: patience }) },
		);
		return { signature: Buffer.from(signature, "hex"), mechanism: mechanismName(mechanism.type), milliseconds };
	}

	async close(): Promise<string | undefined> {
		try {
			await this.held.ask({ ask: "end" });
			await this.held.ended();
			return undefined;
		} catch (error) {
			if (error instanceof ModuleFailed) return stateOf(error).why;
			throw error;
		} finally {
			this.forget();
			this.held.kill();
		}
	}

	private forget(): void {
		this.pin?.fill(0);
		this.pin = undefined;
	}
}

function keyOf(key: RawObject, all: readonly RawObject[]): TokenKey {
	const sameId = (kind: RawObject["kind"]) =>
		key.id === "" ? undefined : all.find((one) => one.kind === kind && one.id === key.id);
	const value = sameId("certificate")?.value ?? null;
	const certificate = value === null ? null : Buffer.from(value, "hex");
	const half = sameId("public-key");
	const type = typeOfKey(key);
	return {
		...{ object: key.object, id: key.id, label: key.label, type, alwaysAuthenticate: key.alwaysAuthenticate },
		bits: type === "RSA" && key.modulus !== null ? bitsOf(key.modulus) : null,
		certificate,
		// The key's own half first: a certificate that belongs to another key is found by it.
		publicKey:
			publicJwk(key) ?? (half && publicJwk(half)) ?? (certificate === null ? null : jwkOfCertificate(certificate)),
	};
}

function bitsOf(hex: string): number {
	return BigInt(`0x${hex}`).toString(2).length;
}
