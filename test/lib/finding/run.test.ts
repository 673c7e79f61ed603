import { expect, it } from "vitest";
import { CfmError } from "../../../src/lib/errors.js";
import { couldNotTell, type Finding, found, tell } from "../../../src/lib/finding/finding.js";
import type { Probe } from "../../../src/lib/finding/probe.js";
import { type ProbeOptions, runProbes } from "../../../src/lib/finding/run.js";
import { kind, probe } from "./kinds.js";

const [one, two, three] = [kind("CFM-A-001"), kind("CFM-A-002"), kind("CFM-B-001")];
const never = new Promise<never>(() => {});

/** Nobody waits in these tests: a limit is reached when the test says so. */
const patient: Pick<ProbeOptions<object>, "seconds" | "wait"> = { seconds: 10, wait: () => never };
const run = (probes: readonly Probe<object, never>[], options: Partial<ProbeOptions<object>> = {}) =>
	runProbes(probes, { sources: {}, ...patient, ...options });
const states = (checks: readonly { id: string; state: string }[]) => checks.map(({ id, state }) => `${id} ${state}`);

it("only what a probe looked for to its end and did not find is fine", async () => {
	const { findings, checks } = await run([probe([one, two], [found(one, {}), found(one, {})]), probe([three], [])]);
	expect(findings).toHaveLength(2);
	expect(states(checks)).toEqual(["CFM-A-001 found", "CFM-A-002 fine", "CFM-B-001 fine"]);
});

it("what can't be determined is unknown with its reason, also beside what was found", async () => {
	const { findings, checks } = await run([
		probe([one], [couldNotTell(one, { users: ["ben"] }, "his home is closed")]),
		probe([two], [couldNotTell(two, {}, "?"), found(two, {})]),
	]);
	expect(states(checks)).toEqual(["CFM-A-001 unknown", "CFM-A-002 found"]);
	expect(checks[0]?.why).toBe("his home is closed");
	expect(tell(findings[0] as Finding)).toMatchObject({ state: "unknown", text: "his home is closed", remedies: [] });
});

it.each<[how: string, look: Probe<object, never>["look"], why: RegExp]>([
	[
		"crashes",
		async function* () {
			yield found(one, {});
			throw new TypeError("no such thing\nat a line");
		},
		/^no such thing$/,
	],
	[
		"finds without end",
		async function* () {
			for (;;) yield found(one, {});
		},
		/^more than 50 findings$/,
	],
])("a probe that %s is a finding, keeps what it had found, and harms no other", async (_, look, why) => {
	const broken = { ...probe([one, two]), look };
	const { findings, checks } = await run([broken, probe([three], [found(three, {})])], { most: 50 });
	expect(states(checks)).toEqual(["CFM-A-001 found", "CFM-A-002 crashed", "CFM-B-001 found"]);
	expect(checks[1]?.why).toMatch(why);
	const ids = findings.map(({ kind }) => kind.id);
	expect(ids.filter((id) => id !== "CFM-A-001")).toEqual(["CFM-CHECK-001", "CFM-B-001"]);
	expect(findings.find(({ kind }) => kind.id === "CFM-CHECK-001")).toMatchObject({
		state: "crashed",
		data: { ids: ["CFM-A-001", "CFM-A-002"] },
	});
});

it("a probe that does not end is stopped at its own limit, and what it says later is not heard", async () => {
	let go = () => {};
	const late = new Promise<void>((resolve) => {
		go = resolve;
	});
	let wasTold: AbortSignal | undefined;
	const hanging: Probe<object, never> = {
		...probe([one]),
		limit: 3,
		async *look(_, signal) {
			wasTold = signal;
			await late;
			yield found(one, {});
		},
	};
	const { findings, checks } = await run([hanging, probe([two], [])], {
		wait: (seconds) => (seconds === 3 ? Promise.resolve() : never),
	});
	go();
	await late;
	expect(wasTold?.aborted).toBe(true);
	expect(states(checks)).toEqual(["CFM-A-001 crashed", "CFM-A-002 fine"]);
	expect(findings.map(({ kind }) => kind.id)).toEqual(["CFM-CHECK-001"]);
});

it("asks a source once for all that need it, and not at all when nobody does", async () => {
	const asked: string[] = [];
	const source =
		<T>(name: string, value: T) =>
		async () => {
			asked.push(name);
			return value;
		};
	interface Sources {
		network: number;
		registry: string;
		browsers: string;
	}
	const heard: unknown[] = [];
	const needing: Probe<Sources, "network" | "registry"> = {
		...probe([one]),
		needs: ["network", "registry"],
		async *look(given) {
			heard.push(given);
			yield* [];
		},
	};
	const sources = {
		network: source("network", 7),
		registry: source("registry", "r"),
		browsers: source("browsers", "b"),
	};
	await runProbes<Sources>([needing, { ...needing, kinds: [two] }], { sources, ...patient });
	expect(asked).toEqual(["network", "registry"]);
	expect(heard).toEqual([
		{ network: 7, registry: "r" },
		{ network: 7, registry: "r" },
	]);
});

it("a source that refuses makes its probes blind, which is unknown and no crash; the others see", async () => {
	interface Sources {
		registry: string;
	}
	const needing: Probe<Sources, "registry"> = { ...probe([one, two]), needs: ["registry"] };
	const denied = new CfmError("denied", "registry-not-readable", "ana may not read the registry.");
	const { findings, checks } = await runProbes<Sources>([needing, probe([three])], {
		sources: { registry: () => Promise.reject(denied) },
		...patient,
	});
	expect(states(checks)).toEqual(["CFM-A-001 unknown", "CFM-A-002 unknown", "CFM-B-001 found"]);
	expect(findings.map(({ kind, state }) => `${kind.id} ${state}`)).toEqual([
		"CFM-CHECK-002 unknown",
		"CFM-B-001 found",
	]);
	expect(tell(findings[0] as Finding).text).toContain("ana may not read the registry.");
});

it("what nobody wants is skipped: a probe of which nothing is wanted does not look", async () => {
	const unasked: Probe<object, never> = {
		...probe([three]),
		look: () => {
			throw new Error("looked");
		},
	};
	const both = [found(one, {}), found(two, {})];
	const { findings, checks } = await run([probe([one, two], both), unasked], { wanted: (id) => id === "CFM-A-002" });
	expect(findings.map(({ kind }) => kind.id)).toEqual(["CFM-A-002"]);
	expect(states(checks)).toEqual(["CFM-A-001 skipped", "CFM-A-002 found", "CFM-B-001 skipped"]);
});

it("tells of each probe as it ends", async () => {
	const heard: string[] = [];
	await run([probe([one], []), probe([two], [])], {
		heard: ({ name }, checks) => heard.push(`${name} ${checks[0]?.state}`),
	});
	expect(heard.toSorted()).toEqual(["CFM-A-001 fine", "CFM-A-002 fine"]);
});
