import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkWindows, differences, type SeenWindows } from "../../../src/lib/self/check.js";
import { type LookId, windowsFacts } from "../../../src/lib/self/windows-facts.js";

const looks = windowsFacts.flatMap(({ look = [] }) => look);
const never = () => ({ over: new Promise(() => {}), stop: () => {} });

/** A Windows in which everything is as expected, but for what is told. */
function windows(unlike: Partial<SeenWindows["looks"]> = {}): SeenWindows {
	const fine = async () => ({ state: "as-expected" as const, seen: "all of it" });
	const all = Object.fromEntries(looks.map(({ id }) => [id, fine])) as SeenWindows["looks"];
	return { system: { release: "10.0", arch: "x64", node: "v24", elevated: true }, looks: { ...all, ...unlike } };
}

describe("a check of Windows", () => {
	it("looks at everything in the list, in its order, and tells each before it looks", async () => {
		const heard: string[] = [];
		const answer = await checkWindows(windows(), ({ id }) => heard.push(id), never);
		expect(heard).toEqual(looks.map(({ id }) => id));
		expect(answer.checks.map(({ id }) => id)).toEqual(heard);
		expect(answer.total).toBe(looks.length);
		expect(differences(answer)).toBeUndefined();
	});

	it("takes a call that fails for a difference, and goes on", async () => {
		const failing = async () => {
			throw new Error("WinVerifyTrust: 5");
		};
		const answer = await checkWindows(windows({ signature: failing }), () => {}, never);
		const signature = answer.checks.find(({ id }) => id === "signature");
		expect(signature).toMatchObject({ state: "differs", seen: "WinVerifyTrust: 5" });
		expect(answer.total).toBe(looks.length);
		expect(differences(answer)).toMatchObject({ kind: "findings", data: { checks: ["signature"] } });
	});

	it("gives up a look that does not end", async () => {
		const stuck = new Set<LookId>(["account-names"]);
		let asked: LookId | undefined;
		const wait = () => ({
			over: asked !== undefined && stuck.has(asked) ? Promise.resolve() : new Promise(() => {}),
			stop: () => {},
		});
		const hanging = { "account-names": () => new Promise<never>(() => {}) };
		const heard = ({ id }: { id: LookId }) => {
			asked = id;
		};
		const { checks } = await checkWindows(windows(hanging), heard, wait);
		expect(checks.filter(({ state }) => state !== "as-expected")).toMatchObject([
			{ id: "account-names", state: "differs", seen: "no answer within 60 s" },
		]);
	});

	it("does not take what was not tried for a difference", async () => {
		const skipped = async () => ({ state: "not-tried" as const, seen: "no drive is mapped" });
		const answer = await checkWindows(windows({ "network-share": skipped }), () => {}, never);
		expect(differences(answer)).toBeUndefined();
	});
});

describe("the list of what is believed of Windows", () => {
	it("has fewer than twenty things that nobody has seen", () => {
		expect(windowsFacts.filter(({ seen }) => seen === "unseen").length).toBeLessThan(20);
	});

	it("names a test for everything that it calls seen, and a way to see everything else", () => {
		const root = join(import.meta.dirname, "..", "..", "..");
		for (const { what, seen, tests, look = [], day = [] } of windowsFacts) {
			if (seen === "unseen") expect(look.length + day.length, what).toBeGreaterThan(0);
			else expect(tests.length, what).toBeGreaterThan(0);
			expect(
				tests.filter((file) => !existsSync(join(root, file))),
				what,
			).toEqual([]);
		}
	});

	it("has each look once", () => {
		expect(new Set(looks.map(({ id }) => id)).size).toBe(looks.length);
	});
});
