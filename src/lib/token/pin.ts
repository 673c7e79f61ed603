import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { OpenToken } from "./token.js";

/** Where a PIN comes from: a file or standard input, or whoever sits at the terminal. */
export interface PinSource {
	/** @throws CfmError */
	read?: (() => Promise<Buffer>) | undefined;
	/** Undefined where nobody can be asked. */
	ask?: ((question: string) => Promise<string>) | undefined;
	/** Says that somebody must go to the reader. */
	tell(text: string): void;
	/** Whether the last try may be spent. */
	allowLastTry: boolean;
}

export type Login = "pin" | "pin-pad" | "not-needed";

/**
 * Logs in, if the token wants it. What the token says of its PIN is read first: a locked one is not tried, and the last try is
 * never spent unless that was allowed. A reader with a keypad asks for the PIN itself, and gets none from here.
 *
 * @throws CfmError denied `pin-locked`, `last-try`, `pin-not-set`, `wrong-pin`; usage `pin-needed`
 */
export async function logIn(token: OpenToken, source: PinSource): Promise<Login> {
	const { flags, label, slot } = token.token;
	const has = (flag: string) => flags.includes(`CKF_${flag}`);
	if (!has("LOGIN_REQUIRED")) return "not-needed";
	const name = label === "" ? t`the token in slot ${slot}` : t`the token ${label}`;
	const data = { module: token.module, slot, flags };
	if (has("USER_PIN_LOCKED")) {
		throw new CfmError("denied", "pin-locked", t`The PIN of ${name} is locked; it was not tried.`, {
			hints: [t`Unlock it with its administrator's PIN or PUK, in its vendor's program.`],
			data,
		});
	}
	if (!has("USER_PIN_INITIALIZED")) {
		throw new CfmError("denied", "pin-not-set", t`There is no PIN yet for ${name}.`, {
			hints: [t`Set a PIN in its vendor's program.`],
			data,
		});
	}
	if (has("USER_PIN_FINAL_TRY") && !source.allowLastTry) {
		throw new CfmError("denied", "last-try", t`Only one try is left for the PIN of ${name}; it was not spent.`, {
			hints: [{ say: t`If you are sure of the PIN:`, line: { again: { "allow-last-try": true } } }],
			data,
		});
	}
	if (has("PROTECTED_AUTHENTICATION_PATH")) {
		source.tell(t`Enter the PIN of ${name} at the reader.`);
		await withFlags(token, () => token.login(null));
		return "pin-pad";
	}
	const pin = await pinFrom(source, name, data);
	try {
		await withFlags(token, () => token.login(pin));
	} catch (error) {
		pin.fill(0);
		throw error;
	}
	return "pin";
}

async function pinFrom(source: PinSource, name: string, data: object): Promise<Buffer> {
	const pin = await source.read?.();
	if (pin !== undefined) return pin;
	if (source.ask !== undefined) return Buffer.from(await source.ask(t`PIN of ${name}:`));
	throw new CfmError("usage", "pin-needed", t`A PIN is needed for ${name}, and there is no terminal to ask on.`, {
		hints: [{ say: t`Put it in a file that only you can read:`, line: { again: { "pin-file": { fill: "FILE" } } } }],
		data: { ...data },
	});
}

/** A wrong PIN is told with what the token says now: how many tries are left is its secret, but not when they are few. */
async function withFlags(token: OpenToken, login: () => Promise<void>): Promise<void> {
	try {
		await login();
	} catch (error) {
		if (!(error instanceof CfmError) || error.code !== "wrong-pin") throw error;
		const flags = await token.flagsNow().catch(() => undefined);
		throw new CfmError(error.kind, error.code, [error.message, leftWords(flags)].filter(Boolean).join(" "), {
			hints: [line("tokens show", [], { module: token.module, slot: token.token.slot })],
			data: { ...error.data, ...(flags && { flags }) },
			cause: error,
		});
	}
}

function leftWords(flags: readonly string[] = []): string {
	if (flags.includes("CKF_USER_PIN_LOCKED")) return t`It is locked now.`;
	if (flags.includes("CKF_USER_PIN_FINAL_TRY")) return t`One try is left.`;
	return flags.includes("CKF_USER_PIN_COUNT_LOW") ? t`Few tries are left.` : "";
}
