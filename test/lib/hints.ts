import { expect } from "vitest";
import { commands } from "../../src/commands.js";
import { parseWords } from "../../src/lib/cli/request.js";
import type { CfmError } from "../../src/lib/errors.js";

/** Expects that the commands among the hints run as written; the others are sentences. At least one hint must be there. */
export async function expectRunnable({ hints }: CfmError): Promise<void> {
	expect(hints).not.toEqual([]);
	for (const hint of hints.filter((one) => one.startsWith("cfm "))) {
		const words = [...hint.slice(4).matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? "");
		const id = [3, 2, 1].map((count) => words.slice(0, count).join(" ")).find((name) => Object.hasOwn(commands, name));
		expect(id, `a command in "${hint}"`).toBeDefined();
		const loaded = await commands[id ?? ""]?.();
		if (loaded === undefined || words.at(-1) === "--help") continue;
		expect(() => parseWords(loaded.default, words.slice(id?.split(" ").length)), hint).not.toThrow();
	}
}
