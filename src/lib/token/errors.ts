import { line } from "../command-line.js";
import { CfmError, type ErrorKind } from "../errors.js";
import { t } from "../text.js";
import { returnName } from "./names.js";
import type { ModuleLook, ModuleState, Step } from "./token.js";

/** The token that an error is about. */
export interface About {
	module: string;
	slot: number;
	label: string;
}

/** What each state of a module is to whoever wants to use it. */
const ofState: Readonly<Record<ModuleState, readonly [ErrorKind, string]>> = {
	missing: ["not-found", "module-missing"],
	"not-trusted": ["denied", "module-not-trusted"],
	"wrong-architecture": ["unavailable", "module-wrong-architecture"],
	"not-a-module": ["unavailable", "module-not-a-module"],
	failed: ["unavailable", "module-failed"],
	odd: ["unavailable", "module-odd"],
	exited: ["unavailable", "module-exited"],
	crashed: ["unavailable", "module-crashed"],
	"timed-out": ["unavailable", "module-timed-out"],
	// It did answer: whatever failed then is told by its own call.
	...{ ok: ["unavailable", "module-failed"], partial: ["unavailable", "module-failed"] },
	"ends-badly": ["unavailable", "module-failed"],
};

/** A module could not be used at all. */
export function moduleError({ path, state, why, step }: Pick<ModuleLook, "path" | "state" | "why" | "step">): CfmError {
	const [kind, code] = ofState[state];
	return new CfmError(kind, code, t`The PKCS#11 module ${path} can't be used: ${why ?? state}.`, {
		hints: [line("tokens list")],
		data: { module: path, state, step },
	});
}

/** A module answered a call with something else than CKR_OK. */
export function refusedError(about: About, step: Step, value: number): CfmError {
	const name = returnName(value);
	const data = { module: about.module, slot: about.slot, call: step, returned: name };
	const [kind, code, message] = wordsFor(about, step, name);
	return new CfmError(kind, code, message, { data, hints: hintsFor(about, code) });
}

function wordsFor({ slot, label }: About, step: Step, name: string): readonly [ErrorKind, string, string] {
	const token = label === "" ? t`the token in slot ${slot}` : t`the token ${label}`;
	switch (name) {
		case "CKR_PIN_INCORRECT":
		case "CKR_PIN_INVALID":
			return ["denied", "wrong-pin", t`The PIN of ${token} is wrong.`];
		case "CKR_PIN_LEN_RANGE":
			return ["denied", "wrong-pin", t`The PIN of ${token} is wrong: too short or too long.`];
		case "CKR_PIN_LOCKED":
			return ["denied", "pin-locked", t`The PIN of ${token} is locked.`];
		case "CKR_PIN_EXPIRED":
			return ["denied", "pin-expired", t`The PIN of ${token} has expired: it must be changed first.`];
		case "CKR_USER_PIN_NOT_INITIALIZED":
			return ["denied", "pin-not-set", t`There is no PIN yet for ${token}.`];
		case "CKR_FUNCTION_CANCELED":
			return ["cancelled", "pin-cancelled", t`Nobody entered the PIN at the reader.`];
		case "CKR_TOKEN_NOT_PRESENT":
		case "CKR_DEVICE_REMOVED":
			return ["unavailable", "token-removed", t`There is no token in slot ${slot} any more.`];
		case "CKR_TOKEN_NOT_RECOGNIZED":
			return [
				"unavailable",
				"token-not-recognized",
				t`The token in slot ${slot} is not set up, or of a kind that this module does not know.`,
			];
		case "CKR_SLOT_ID_INVALID":
			return ["not-found", "no-such-slot", t`There is no slot ${slot}.`];
		default:
			return ["unavailable", "token-failed", t`${step} failed for ${token}: ${name}.`];
	}
}

function hintsFor({ module, slot }: About, code: string) {
	if (code === "pin-locked") return [t`Unlock it with its administrator's PIN or PUK, in its vendor's program.`];
	if (code === "pin-expired" || code === "pin-not-set") return [t`Set a PIN in its vendor's program.`];
	if (code === "wrong-pin") return [line("tokens show", [], { module, slot })];
	return code === "no-such-slot" || code === "token-not-recognized" ? [line("tokens list", [], { module })] : [];
}

/** No slot of that number has a token. */
export function noTokenError(module: string, slot: number, isSlot: boolean): CfmError {
	return new CfmError(
		"not-found",
		isSlot ? "no-token" : "no-such-slot",
		isSlot ? t`There is no token in slot ${slot} of ${module}.` : t`${module} has no slot ${slot}.`,
		{ hints: [line("tokens list", [], { module })], data: { module, slot } },
	);
}
