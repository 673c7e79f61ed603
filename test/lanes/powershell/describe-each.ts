import { describe } from "vitest";
import type { Engine } from "./powershell.js";

/**
 * A suite for each engine, or for each case that has one.
 *
 * Under Wine a test is tried twice: Wine refuses about one start of a program in a thousand, and the lane makes thousands.
 * What fails twice is ours.
 */
export function describeEach<Case extends Engine | { engine: Engine }>(cases: readonly Case[]) {
	return (name: string, tests: (one: Case) => void): void => {
		for (const one of cases) {
			const engine = typeof one === "string" ? one : one.engine;
			describe.for([one])(name, { retry: engine === "wine" ? 1 : 0 }, tests);
		}
	};
}
