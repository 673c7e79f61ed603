import { describe, expect, it } from "vitest";
import { bearsOut, type Evidence, fitPortRule } from "../../../src/lib/port/fit.js";
import fc from "../../property.js";

const client = (id: number, ...ports: number[]): Evidence => ({ id, ports });

describe("a port rule", () => {
	it.each<[string, Evidence[], unknown]>([
		["of two clients", [client(1, 24_251), client(7, 24_257)], { outcome: "fits", rule: { base: 24_250, stride: 1 } }],
		[
			"with a stride",
			[client(1, 30_010), client(4, 30_040), client(9, 30_090)],
			{ outcome: "fits", rule: { base: 30_000, stride: 10 } },
		],
		["of ID 0", [client(0, 500), client(2, 504)], { outcome: "fits", rule: { base: 500, stride: 2 } }],
		[
			"that starts below the first ID",
			[client(100, 24_251), client(101, 24_252)],
			{ outcome: "fits", rule: { base: 24_151, stride: 1 } },
		],
		[
			"among clients that listen on more than one port",
			[client(1, 24_251, 9001), client(2, 24_252, 9417), client(5, 24_255)],
			{ outcome: "fits", rule: { base: 24_250, stride: 1 } },
		],
		[
			"of two with the same ID and port",
			[client(1, 24_251), client(1, 24_251), client(3, 24_253)],
			{ outcome: "fits", rule: { base: 24_250, stride: 1 } },
		],
		["of nobody", [], { outcome: "too-few", rule: undefined }],
		["of one client", [client(7, 24_257)], { outcome: "too-few", rule: undefined }],
		[
			"of two clients with one ID and port",
			[client(7, 24_257), client(7, 24_257, 9001)],
			{ outcome: "too-few", rule: undefined },
		],
		[
			"of two clients with one ID on different ports",
			[client(7, 24_257), client(7, 24_258)],
			{ outcome: "contradiction", rule: undefined },
		],
		[
			"of three clients with one ID that have no port in common",
			[client(7, 1, 2), client(7, 2, 3), client(7, 3, 1)],
			{ outcome: "contradiction", rule: undefined },
		],
		[
			"that most bear out, of two with one ID on different ports beside others",
			[client(1, 24_251), client(1, 30_000), client(2, 24_252), client(4, 24_254)],
			{ outcome: "contradiction", rule: { base: 24_250, stride: 1 } },
		],
		[
			"of one that does not fit the others",
			[client(1, 24_251), client(2, 24_252), client(3, 30_000)],
			{ outcome: "contradiction", rule: undefined },
		],
		[
			"that most bear out",
			[client(1, 24_251), client(2, 24_252), client(4, 24_254), client(3, 30_000)],
			{ outcome: "contradiction", rule: { base: 24_250, stride: 1 } },
		],
		[
			"that would give all the common port",
			[client(1, 24_250), client(2, 24_250)],
			{ outcome: "contradiction", rule: undefined },
		],
		["that falls", [client(1, 24_252), client(2, 24_251)], { outcome: "contradiction", rule: undefined }],
		["with a broken stride", [client(1, 24_251), client(3, 24_252)], { outcome: "contradiction", rule: undefined }],
		[
			"of two that can be two",
			[client(1, 24_251, 30_010), client(2, 24_252, 30_020)],
			{
				outcome: "ambiguous",
				rule: undefined,
				tied: [
					{ base: 24_250, stride: 1 },
					{ base: 30_000, stride: 10 },
					{ base: 18_482, stride: 5769 },
				],
			},
		],
	])("%s", (_, evidence, fit) => {
		expect(fitPortRule(evidence)).toEqual(fit);
	});

	it("of clients that all listen on two ports is one of two, and however many they are both are told", () => {
		const evidence = [1, 2, 3, 5, 8, 13, 21].map((id) => client(id, 24_250 + id, 25_250 + id));
		const tied = [
			{ base: 24_250, stride: 1 },
			{ base: 25_250, stride: 1 },
		];
		expect(fitPortRule(evidence)).toEqual({ outcome: "ambiguous", rule: undefined, tied });
	});

	it("is found whatever it is, and one client beside it makes it a contradiction", () => {
		const rules = fc.record({ base: fc.integer({ min: 0, max: 60_000 }), stride: fc.integer({ min: 1, max: 50 }) });
		const ids = fc.uniqueArray(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 12 });
		fc.assert(
			fc.property(rules, ids, fc.integer({ min: 1, max: 9 }), (rule, numbers, off) => {
				const evidence = numbers.map((id) => client(id, rule.base + rule.stride * id));
				expect(fitPortRule(evidence)).toEqual({ outcome: "fits", rule });
				expect(evidence.every((one) => bearsOut(one, rule))).toBe(true);
				const [first, ...rest] = evidence as [Evidence, ...Evidence[]];
				const bent = [client(first.id, (first.ports[0] ?? 0) + off), ...rest];
				expect(fitPortRule(bent).outcome).toBe("contradiction");
			}),
			{ numRuns: 300 },
		);
	});

	it("of five hundred clients is found", () => {
		const evidence = Array.from({ length: 500 }, (_, id) => client(id, 24_250 + id));
		expect(fitPortRule(evidence)).toMatchObject({ outcome: "fits" });
	});
});
