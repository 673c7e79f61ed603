import { describe, expect, it } from "vitest";
import { wrongClientId } from "../../../src/lib/client/findings.js";
import { underCauses } from "../../../src/lib/finding/causes.js";
import { type Affected, couldNotTell, type Finding, found } from "../../../src/lib/finding/finding.js";
import { findingKinds } from "../../../src/lib/findings.js";
import { webIdNotClientId, wrongWebId } from "../../../src/lib/webid/findings.js";
import fc from "../../property.js";
import { kind } from "./kinds.js";

const cause = kind("CFM-A-001");
const between = kind("CFM-A-002", { dependsOn: ["CFM-A-001"] });
const consequence = kind("CFM-A-003", { dependsOn: ["CFM-A-002"] });
const kinds = [cause, between, consequence];
const [ana, ben] = [{ users: ["ana"] }, { users: ["ben"] }];

const told = (findings: Finding[]) =>
	underCauses(findings, kinds).map(({ id, affected, cause }) => `${id} ${affected.users} < ${cause ?? ""}`);

describe("a consequence", () => {
	it("is told below its cause, once, and what has none keeps its place", () => {
		const findings = [found(consequence, ana), found(cause, ben), found(between, ana), found(cause, ana)];
		expect(told(findings)).toEqual([
			"CFM-A-001 ben < ",
			"CFM-A-001 ana < ",
			"CFM-A-002 ana < CFM-A-001",
			"CFM-A-003 ana < CFM-A-002",
		]);
	});

	it("has the cause before its cause, where what is between was not found", () => {
		expect(told([found(consequence, ana), found(cause, ana)])).toEqual([
			"CFM-A-001 ana < ",
			"CFM-A-003 ana < CFM-A-001",
		]);
	});

	it("is none of somebody else's trouble, and of nobody's that can't be determined", () => {
		expect(told([found(between, ana), found(cause, ben), couldNotTell(cause, ana, "?")])).toEqual([
			"CFM-A-002 ana < ",
			"CFM-A-001 ben < ",
			"CFM-A-001 ana < ",
		]);
	});

	it("has a cause that is about everybody", () => {
		expect(told([found(between, ana), found(cause, {})])).toEqual(["CFM-A-001  < ", "CFM-A-002 ana < CFM-A-001"]);
	});

	it("of a user's port is that user's, though another port is in it", () => {
		expect(told([found(between, { ...ana, ports: [7] }), found(cause, { ...ana, ports: [9] })])).toHaveLength(2);
		expect(told([found(between, { ...ana, ports: [7] }), found(cause, { ...ana, ports: [9] })])[1]).toContain(
			"< CFM-A-001",
		);
	});
});

it("a web ID that is not the client ID is told below the client that has the wrong one", () => {
	const at = {
		environment: "default",
		user: "CORP\\ana",
		browser: "edge",
		profile: "Default",
		site: "https://a.example",
	};
	const client = { ...at, folder: "C:\\cfm", clientId: 9, port: 24_259, allocatedId: 7 };
	const web = { ...at, webId: "7", expectedId: 7, clientId: 9 };
	const findings = underCauses([found(webIdNotClientId, web), found(wrongClientId, client)], findingKinds);
	expect(findings.map(({ id, cause }) => [id, cause])).toEqual([
		["CFM-CLIENT-002", null],
		["CFM-WEB-005", "CFM-CLIENT-002"],
	]);
	// Where the client is right, the web ID is what is wrong.
	const wrong = { ...web, webId: "9", clientId: 7 };
	expect(underCauses([found(webIdNotClientId, wrong), found(wrongWebId, wrong)], findingKinds)[1]?.cause).toBe(
		"CFM-WEB-001",
	);
});

describe("of a flood", () => {
	/** How often anything is read of what the findings are about. */
	function reads(number: number, about: (at: number) => string[]): number {
		let count = 0;
		const counted = (users: string[]) =>
			new Proxy(users, {
				get(target, name, receiver) {
					count += 1;
					return Reflect.get(target, name, receiver);
				},
			});
		const findings = Array.from({ length: number }, (_, at) =>
			found(at % 2 === 0 ? between : cause, { users: counted(about(at >> 1)) }),
		);
		const told = underCauses(findings, kinds).filter(({ cause }) => cause !== null);
		expect(told).toHaveLength(number / 2);
		return count;
	}

	it.each<[of: string, about: (at: number) => string[]]>([
		["one user each", (at) => [`user${at}`]],
		["users who are in all of them", (at) => [`user${at}`, "ana", "ben"]],
	])("no finding is held against each other one: twice as many, of %s, are twice the work", (_, about) => {
		expect(reads(800, about)).toBeLessThanOrEqual(2 * reads(400, about));
	});

	it("two that are about a thousand users are not held against each other user by user", () => {
		const many = (from: number) => Array.from({ length: 1000 }, (_, at) => `user${from + at}`);
		const pair = (size: number) => reads(2, (at) => many(at).slice(0, size));
		expect(pair(1000)).toBeLessThanOrEqual(2 * pair(500) + 10);
	});
});

it("the cause is the first that is about the same, as if each were held against each", () => {
	const dimensions = ["users", "hosts", "ports", "sites"] as const;
	const areAboutTheSame = (one: Affected, other: Affected) => {
		for (const dimension of dimensions) {
			const [named, others] = [one, other].map((it) => (it[dimension] ?? []) as unknown[]);
			if (named?.length && others?.length) return named.some((value) => others.includes(value));
		}
		return true;
	};
	const names = fc.subarray(["a", "b", "c"]);
	const about = fc.record(
		{ users: names, hosts: names, ports: fc.subarray([1, 2, 3]), sites: names },
		{ requiredKeys: [] },
	);
	fc.assert(
		fc.property(fc.array(fc.tuple(fc.boolean(), about), { maxLength: 12 }), (all) => {
			const findings = all.map(([isCause, data]) => found(isCause ? cause : between, data));
			const causeOf = (finding: Finding) =>
				finding.kind === between
					? findings.find(
							(one) => one.kind === cause && areAboutTheSame(one.data as Affected, finding.data as Affected),
						)
					: undefined;
			const expected = findings
				.filter((one) => causeOf(one) === undefined)
				.flatMap((one) => [one, ...findings.filter((other) => causeOf(other) === one)]);
			expect(underCauses(findings, kinds).map(({ evidence }) => evidence)).toEqual(expected.map(({ data }) => data));
		}),
	);
});

it("whatever was found, each finding is told once, and each consequence behind its cause", () => {
	const any = fc.tuple(fc.constantFrom(...kinds), fc.constantFrom(ana, ben, {}), fc.boolean());
	fc.assert(
		fc.property(fc.array(any, { maxLength: 12 }), (all) => {
			const findings = all.map(([one, data, isKnown]) => (isKnown ? found(one, data) : couldNotTell(one, data, "?")));
			const tree = underCauses(findings, kinds);
			expect(tree).toHaveLength(findings.length);
			for (const [at, { cause }] of tree.entries()) {
				if (cause !== null) expect(tree.slice(0, at).some(({ id }) => id === cause)).toBe(true);
			}
		}),
	);
});
