import { readFileSync } from "node:fs";
import { parse } from "node:path";
import type { PolicyValues } from "../../webid/forgetting.js";
import type { BrowserProfile } from "../../webid/stores.js";

/** Nothing is set. */
export const noPolicies: PolicyValues = { value: () => undefined, list: () => [] };

/**
 * Whether a profile is where a user of this machine has it: of a folder that was named, which may be a copy from elsewhere,
 * nobody knows whose policies it is under.
 */
export function isOfThisMachine({ path, within }: BrowserProfile): boolean {
	return within !== parse(path).root;
}

/** Policies as several sources have them; the first one that has a value counts, and lists are added. */
export function together(sources: readonly PolicyValues[]): PolicyValues {
	return {
		value: (...name) => sources.map((source) => source.value(...name)).find((value) => value !== undefined),
		list: (...name) => sources.flatMap((source) => source.list(...name)),
	};
}

/** Policies as JSON has them. */
export function policiesIn(json: unknown): PolicyValues {
	const value = (...name: string[]) => {
		let found = json;
		for (const part of name) {
			if (typeof found !== "object" || found === null || !Object.hasOwn(found, part)) return undefined;
			found = (found as Record<string, unknown>)[part];
		}
		return found;
	};
	return {
		value,
		list: (...name) => {
			const found = value(...name);
			return Array.isArray(found) ? found.filter((one): one is string => typeof one === "string") : [];
		},
	};
}

/** What an administrator has put into a file; undefined where a browser could not read it either. */
export function jsonFile(path: string): unknown {
	try {
		return JSON.parse(readFileSync(path, "utf8").replace(/^\uFEFF/, ""));
	} catch {
		return undefined;
	}
}
