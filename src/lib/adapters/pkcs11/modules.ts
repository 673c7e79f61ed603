import { existsSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { CfmError } from "../../errors.js";
import { log } from "../../log.js";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { moduleError } from "../../token/errors.js";
import { placesOf } from "../../token/module-places.js";
import { returnName } from "../../token/names.js";
import type { ModuleLook, ModuleState, Token, TokenLimits, Tokens } from "../../token/token.js";
import { refuseOpenToOthers } from "../files/guard.js";
import { isElevated } from "../files/own-place.js";
import { architectureOf } from "./architecture.js";
import { openToken } from "./open-token.js";
import { ModuleFailed, ModuleProcess, type ModuleSource } from "./process.js";
import { smartCardReaders } from "./readers.js";
import { tokenOf } from "./token-of.js";
import { stateOf } from "./words.js";

/** The modules of this machine, each asked in a process of its own. @param variables the process environment */
export function tokensHere(source: ModuleSource, limits: TokenLimits, variables: Readonly<NodeJS.ProcessEnv>): Tokens {
	return {
		installed: () => placesOf(process.platform, variables).filter((path) => existsSync(path)),
		async look(path) {
			const module = resolve(path);
			const refused = await refusal(module);
			if (refused !== undefined) return { ...nothingOf(module), ...refused };
			const answer = await look(await ModuleProcess.start(source, limits.seconds), module);
			log(() => `module ${module}: ${answer.state}, ${answer.tokens.length} tokens, by ${answer.by}`);
			return answer;
		},
		async open(path, slot) {
			const module = resolve(path);
			const refused = await refusal(module);
			if (refused !== undefined) throw moduleError({ path: module, step: null, ...refused });
			return openToken(await ModuleProcess.start(source, limits.seconds), module, slot);
		},
		readers: smartCardReaders,
	};
}

const nothingOf = (path: string): ModuleLook => {
	return { path, state: "ok", why: null, tokens: [], slots: null, step: null, by: null };
};

/** Why a module is not even loaded: it is not there, not for this processor, or somebody else could have put it there. */
async function refusal(path: string): Promise<{ state: ModuleState; why: string } | undefined> {
	try {
		if (!statSync(path).isFile()) return { state: "missing", why: t`it is not a file` };
		await refuseOfOthers(path);
		const architecture = architectureOf(path);
		if (architecture === undefined || architecture === process.arch) return undefined;
		const is = architecture === "ia32" || architecture === "arm" ? t`32-bit` : architecture;
		return { state: "wrong-architecture", why: t`it is ${is}; cfm needs ${process.arch}, as Node is` };
	} catch (error) {
		if (error instanceof CfmError) return { state: "not-trusted", why: error.message.replace(/\.$/, "") };
		if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return { state: "missing", why: t`there is no such file` };
		return { state: "missing", why: t`it can't be read (${codeOf(error)})` };
	}
}

/**
 * With administrators' rights, a module is loaded only where no ordinary user could have put it, or another in its place: what
 * is loaded has all the rights of `cfm`. Anybody else runs no more than what they could run themselves.
 *
 * @throws CfmError denied `open-to-others`
 */
async function refuseOfOthers(path: string): Promise<void> {
	const hints = [t`Specify a module that only administrators can write.`];
	if (process.platform !== "win32") return refuseOpenToOthers(path, { hints });
	if (!(await isElevated())) return;
	await (await import("../windows/trusted-folder.js")).refuseFileOfOthers(path, hints);
}

/** Lists the tokens of one module. What was listed before it failed is kept. */
async function look(held: ModuleProcess, path: string): Promise<ModuleLook> {
	const answer = nothingOf(path);
	const odd: string[] = [];
	try {
		answer.by = (await held.ask({ ask: "load", path })).by;
		await held.ask({ ask: "initialize" });
		const { all, present } = await held.ask({ ask: "slots" });
		answer.slots = all.length;
		for (const slot of present) {
			const token = await listed(held, slot);
			if (typeof token === "string") odd.push(token);
			else if (token !== undefined) answer.tokens.push(token);
		}
	} catch (error) {
		held.kill();
		return { ...answer, ...failedLook(error) };
	}
	try {
		await held.ask({ ask: "end" });
		await held.ended();
	} catch (error) {
		const { why, step } = failedLook(error);
		held.kill();
		const isRefusal = error instanceof ModuleFailed && error.failure.is === "refused";
		return { ...answer, state: isRefusal ? "partial" : "ends-badly", why: [...odd, why].join("; "), step };
	}
	return odd.length === 0 ? answer : { ...answer, state: "partial", why: odd.join("; "), step: "C_GetTokenInfo" };
}

function failedLook(error: unknown) {
	if (error instanceof ModuleFailed) return { ...stateOf(error), step: error.step };
	throw error;
}

/** CKR_TOKEN_NOT_PRESENT: it was drawn since the slots were listed. */
const notPresent = 0xe0;

/** @returns in words why there is none; undefined when it was drawn meanwhile. @throws ModuleFailed */
async function listed(held: ModuleProcess, slot: number): Promise<Token | string | undefined> {
	try {
		const token = await held.ask({ ask: "token", slot });
		const mechanisms = await held.ask({ ask: "mechanisms", slot, details: false });
		return tokenOf(slot, token, mechanisms);
	} catch (error) {
		if (!(error instanceof ModuleFailed) || error.failure.is !== "refused") throw error;
		const { value } = error.failure;
		return value === notPresent ? undefined : t`slot ${slot}: ${error.step} gave ${returnName(value)}`;
	}
}
