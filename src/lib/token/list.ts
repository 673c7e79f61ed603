import { resolve } from "node:path";
import type { ModuleLook, Tokens } from "./token.js";

/** A module and its tokens, as lists show it. */
export type ListedModule = Pick<ModuleLook, "path" | "state" | "why" | "tokens">;

/** So many are asked at once: each is a process of its own. */
const atOnce = 4;

/**
 * The modules to look at: those that are named, else those of the settings and of the usual places.
 *
 * @param set what the setting says: paths, separated as PATH is
 */
export function modulesToLookAt(tokens: Tokens, named: readonly string[], set: string | undefined): string[] {
	if (named.length > 0) return [...new Set(named.map((path) => resolve(path)))];
	return [...new Set([...modulesSet(set), ...tokens.installed()])];
}

/** The modules that the setting names. */
function modulesSet(set: string | undefined): string[] {
	const separator = process.platform === "win32" ? ";" : ":";
	return (set ?? "")
		.split(separator)
		.map((path) => path.trim())
		.filter((path) => path !== "");
}

/** Looks at modules, some at once; whatever one does, the others are looked at. In the order of the paths. */
export async function lookAtModules(tokens: Tokens, paths: readonly string[]): Promise<ModuleLook[]> {
	const looks: ModuleLook[] = [];
	let next = 0;
	const work = async () => {
		for (let at = next++; at < paths.length; at = next++) looks[at] = await tokens.look(paths[at] as string);
	};
	await Promise.all(Array.from({ length: Math.min(atOnce, paths.length) }, work));
	return looks;
}

/** What a list tells of a module. */
export function listed({ path, state, why, tokens }: ModuleLook): ListedModule {
	return { path, state, why, tokens };
}
