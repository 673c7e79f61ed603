import { CfmError } from "../errors.js";
import { type AnyKind, couldNotTell, type Finding, found, notHere } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { t } from "../text.js";
import {
	keyAlwaysAuthenticates,
	keyKinds,
	keyWithoutCertificate,
	moduleEndsBadly,
	moduleFails,
	moduleKinds,
	moduleMissing,
	moduleOpen,
	moduleOtherArchitecture,
	noReader,
	pinFinalTry,
	pinKinds,
	pinLocked,
	pinLow,
	pinToChange,
	readerKinds,
	serviceStopped,
} from "./findings.js";
import type { ModuleLook, SeenObject, Token, Tokens } from "./token.js";

export interface TokenSources {
	tokens: Tokens;
	/** All modules of the settings and of the usual places, each looked at once. */
	modules: readonly ModuleLook[];
}

/** Nothing here is for tokens: neither fine nor unknown. */
function* withoutModules(kinds: readonly AnyKind[]): Generator<Finding> {
	for (const kind of kinds) yield notHere(kind, t`no PKCS#11 module is where modules usually are`);
}

const modules: Probe<TokenSources, "modules"> = {
	name: "token-modules",
	group: "token",
	kinds: moduleKinds,
	needs: ["modules"],
	async *look({ modules }) {
		if (modules.length === 0) yield* withoutModules(moduleKinds);
		for (const { path, state, why } of modules) {
			const facts = { path, why: why ?? state };
			if (state === "missing") yield found(moduleMissing, facts);
			else if (state === "wrong-architecture") yield found(moduleOtherArchitecture, facts);
			else if (state === "not-trusted") yield found(moduleOpen, facts);
			else if (state === "partial" || state === "ends-badly") yield found(moduleEndsBadly, facts);
			else if (state !== "ok") yield found(moduleFails, facts);
		}
	},
};

const readers: Probe<TokenSources, "tokens" | "modules"> = {
	name: "smart-card-readers",
	group: "token",
	kinds: readerKinds,
	needs: ["tokens", "modules"],
	async *look({ tokens, modules }) {
		if (modules.length === 0) yield* withoutModules(readerKinds);
		const blind = modules.filter(({ slots }) => slots === 0);
		// Where every module has what it looks for, nobody needs the service.
		if (blind.length === 0) return;
		const seen = await tokens.readers();
		if (!seen.known) yield found(serviceStopped, { why: seen.why });
		for (const { path } of blind) yield found(noReader, { path, readers: seen.known ? seen.value.length : null });
	},
};

const pins: Probe<TokenSources, "modules"> = {
	name: "token-pins",
	group: "token",
	kinds: pinKinds,
	needs: ["modules"],
	async *look({ modules }) {
		const all = tokensIn(modules);
		if (all.length === 0) for (const kind of pinKinds) yield notHere(kind, t`no module sees a token`);
		for (const { facts, token } of all) {
			const has = (flag: string) => token.flags.includes(`CKF_USER_PIN_${flag}`);
			if (has("LOCKED")) yield found(pinLocked, facts);
			else if (has("FINAL_TRY")) yield found(pinFinalTry, facts);
			else if (has("COUNT_LOW")) yield found(pinLow, facts);
			if (has("TO_BE_CHANGED")) yield found(pinToChange, facts);
		}
	},
};

const keys: Probe<TokenSources, "tokens" | "modules"> = {
	name: "token-keys",
	group: "token",
	kinds: keyKinds,
	needs: ["tokens", "modules"],
	async *look({ tokens, modules }, signal) {
		const all = tokensIn(modules).filter(({ token }) => token.flags.includes("CKF_TOKEN_INITIALIZED"));
		if (all.length === 0) for (const kind of keyKinds) yield notHere(kind, t`no module sees a token`);
		for (const { facts } of all) {
			if (signal.aborted) return;
			const objects = await objectsOf(tokens, facts);
			if (typeof objects === "string") yield couldNotTell(keyWithoutCertificate, { ...facts, id: "" }, objects);
			else yield* judged(objects, facts);
		}
	},
};

/** What a token shows without a PIN; in words why that could not be had. */
async function objectsOf(tokens: Tokens, { module, slot }: { module: string; slot: number }) {
	try {
		const opened = await tokens.open(module, slot);
		try {
			return await opened.objects();
		} finally {
			await opened.close();
		}
	} catch (error) {
		if (error instanceof CfmError) return error.message;
		throw error;
	}
}

/** Private keys are mostly hidden without a PIN; their public halves are not. */
function* judged(objects: readonly SeenObject[], facts: { module: string; slot: number; label: string }) {
	const certified = new Set(objects.filter(({ kind }) => kind === "certificate").map(({ id }) => id));
	const ids = new Set(objects.filter(({ kind }) => kind !== "certificate").map(({ id }) => id));
	for (const id of ids) if (!certified.has(id)) yield found(keyWithoutCertificate, { ...facts, id });
	for (const { id, alwaysAuthenticate } of objects) {
		if (alwaysAuthenticate) yield found(keyAlwaysAuthenticates, { ...facts, id });
	}
}

function tokensIn(modules: readonly ModuleLook[]) {
	return modules.flatMap(({ path, tokens }) =>
		tokens.map((token: Token) => ({ facts: { module: path, slot: token.slot, label: token.label }, token })),
	);
}

/** All that `doctor` looks at of tokens. */
export const tokenProbes: readonly Probe<TokenSources>[] = [modules, readers, pins, keys];
