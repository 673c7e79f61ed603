import { t } from "../../text.js";
import { returnName } from "../../token/names.js";
import type { ModuleState, Step } from "../../token/token.js";
import type { ModuleFailed } from "./process.js";

/** Calls that tell how many there are of something. */
const counting: readonly Step[] = ["C_GetSlotList", "C_GetMechanismList", "C_FindObjects"];

/** A failure as the state of the module, and in words. */
export function stateOf({ step, failure }: ModuleFailed): { state: ModuleState; why: string } {
	const where = step === "load" ? t`while it was loaded` : step === "exit" ? t`when its process ended` : t`in ${step}`;
	switch (failure.is) {
		case "refused":
			return { state: "failed", why: t`${step} gave ${returnName(failure.value)}` };
		case "not-loaded":
			return notLoaded(failure.words);
		case "odd":
			return {
				state: "odd",
				why:
					failure.count === null
						? t`it gave an answer that can't be, ${where}`
						: t`${step} says that there are ${failure.count}`,
			};
		case "exited":
			return { state: "exited", why: t`it ended its process with exit code ${failure.code}, ${where}` };
		case "crashed":
			// A count that memory does not hold ends the process, too (pkcs11js makes room for as many as a module says).
			if (failure.how === "SIGABRT" && counting.includes(step)) {
				return {
					state: "crashed",
					why: t`it aborted, or says that there are more than memory holds (${failure.how}), ${where}`,
				};
			}
			return { state: "crashed", why: t`it crashed (${failure.how}), ${where}` };
		case "timed-out":
			return { state: "timed-out", why: t`no answer within ${failure.seconds} s, ${where}` };
	}
}

/** What the system's loader said: Windows' errors have numbers (winerror.h). */
function notLoaded(words: string): { state: ModuleState; why: string } {
	const number = /Win32 error (\d+)|\b(126|127|193)\b/.exec(words);
	const code = number?.[1] ?? number?.[2];
	// What is for another processor was named by its head before: Windows says the same of what is no library at all.
	if (code === "193" || /invalid ELF header|file too short/.test(words))
		return { state: "not-a-module", why: t`it is damaged, or no library` };
	if (/wrong ELF class/.test(words)) {
		return { state: "wrong-architecture", why: t`it is for another processor, or 32-bit` };
	}
	const lacking = /^([^:]*): cannot open shared object file/.exec(words)?.[1];
	if (lacking !== undefined) return { state: "not-a-module", why: t`a library that it needs is missing: ${lacking}` };
	if (code === "126") return { state: "not-a-module", why: t`a library that it needs is missing` };
	if (code === "127" || /C_GetFunctionList/.test(words)) {
		return { state: "not-a-module", why: t`it is no PKCS#11 module: it has no C_GetFunctionList` };
	}
	return { state: "not-a-module", why: t`it can't be loaded: ${words}` };
}
