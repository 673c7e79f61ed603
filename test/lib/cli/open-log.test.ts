import { mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { command } from "../../../src/lib/cli/definition.js";
import { execute } from "../../../src/lib/cli/execute.js";
import { parseWords } from "../../../src/lib/cli/request.js";
import { CfmError } from "../../../src/lib/errors.js";
import { log } from "../../../src/lib/log.js";
import { thisHost } from "../../../src/lib/this-host.js";
import { isRoot, useFolder } from "../adapters/temp.js";
import { keptStreams } from "./streams-of.js";

const at = useFolder();

async function perform(words: string[], variables: NodeJS.ProcessEnv = {}, fails = false) {
	const definition = command({
		summary: "Performs",
		role: "none",
		examples: [],
		async run() {
			log(() => "a line of\u001b[31m its own");
			if (fails) throw new CfmError("conflict", "case", "It fails.");
			return { done: true };
		},
		view: () => [{ line: "done" }],
	});
	const streams = keptStreams({ variables });
	const code = await execute("perform this", definition, parseWords(definition, words), streams, thisHost);
	return { code, ...streams.written };
}

describe("what cfm does", () => {
	it("is told to nobody who did not ask", async () => {
		expect(await perform([])).toEqual({ code: 0, out: "done\n", err: "" });
		let made = false;
		log(() => {
			made = true;
			return "";
		});
		expect(made).toBe(false);
	});

	it("is told on stderr by --verbose, with its time, nothing hidden in it; stdout is the result alone", async () => {
		const { out, err } = await perform(["--verbose"]);
		expect(out).toBe("done\n");
		expect(err.trimEnd().split("\n")).toEqual([
			expect.stringMatching(/^ *\d+ ms {2}cfm perform this, Node v\d+/),
			expect.stringMatching(/^ *\d+ ms {2}a line of\\u001b\[31m its own$/),
			expect.stringMatching(/^ *\d+ ms {2}done$/),
		]);
	});

	it("leaves the JSON what it is", async () => {
		expect(JSON.parse((await perform(["--verbose", "--json"])).out)).toMatchObject({ ok: true });
	});

	it("goes to the end of the file that CFM_LOG names, for its owner alone, the stack of an error too", async () => {
		const file = at("cfm.log");
		const variables = { CFM_LOG: file };
		await perform([], variables);
		expect(await perform([], variables, true)).toMatchObject({ code: 4, err: "Error: It fails.\n" });
		const lines = readFileSync(file, "utf8").trimEnd().split("\n");
		expect(lines.filter((line) => line.includes("cfm perform this"))).toHaveLength(2);
		expect(lines.filter((line) => line.includes("CfmError: It fails."))).toHaveLength(1);
		for (const line of lines) expect(line).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \d+ /);
		expect(statSync(file).mode & 0o077).toBe(0);
	});

	it("follows no link, and makes no folder", async () => {
		const target = at("other.txt");
		writeFileSync(target, "kept");
		symlinkSync(target, at("link.log"));
		expect(await perform([], { CFM_LOG: at("link.log") })).toMatchObject({ code: 3, out: "" });
		expect(readFileSync(target, "utf8")).toBe("kept");
		expect((await perform([], { CFM_LOG: at("none", "cfm.log") })).code).not.toBe(0);
	});

	it.each(isRoot ? ["a folder that everybody can write"] : [])("is not written by root into %s", async () => {
		mkdirSync(at("open"), { mode: 0o777 });
		process.getBuiltinModule("node:fs").chmodSync(at("open"), 0o777);
		expect(await perform([], { CFM_LOG: join(at("open"), "cfm.log") })).toMatchObject({ code: 5, out: "" });
	});
});
