import { describe, expect, it } from "vitest";
import { helpTopics, rootHelp } from "../../../src/lib/cli/help.js";
import { runHere } from "../../shape/scene.js";

describe("cfm help", () => {
	it.each(["help", "--help", "-h"])("is the bare page: cfm %s", async (word) => {
		const bare = await runHere([]);
		expect(bare).toMatchObject({ code: 0, err: "" });
		expect(bare.out).toMatch(/^cfm \d+\.\d+\.\d+: /);
		expect(await runHere([word])).toEqual(bare);
	});

	it.each(Object.keys(helpTopics))("of %s is its page, as text and as JSON", async (topic) => {
		const text = helpTopics[topic]?.text() ?? "";
		expect(await runHere(["help", topic])).toEqual({ code: 0, out: text, err: "" });
		const { code, out } = await runHere(["help", topic, "--json"]);
		expect(code).toBe(0);
		expect(JSON.parse(out)).toEqual({ ok: true, result: { topic, text }, warnings: [] });
	});

	it.each(Object.keys(helpTopics))("of %s fits 100 columns", (topic) => {
		for (const line of helpTopics[topic]?.text().split("\n") ?? []) expect(line.length, line).toBeLessThanOrEqual(100);
	});

	it("on something unknown is a usage error with a way on", async () => {
		const { code, out, err } = await runHere(["help", "exit-code"]);
		expect(code).toBe(2);
		expect(out).toBe("");
		expect(err).toContain("cfm --help");
	});

	it("lists what it is given", () => {
		const command = { summary: "Does it", role: "none" as const, examples: [], run: async () => ({}), view: () => [] };
		const page = rootHelp("1.2.3", { go: command, "ids list": command }, { ids: { description: "About IDs" } });
		expect(page).toContain("  go            Does it\n");
		expect(page).toContain("  ids           About IDs\n");
		expect(page).not.toContain("ids list");
	});
});
