import { describe, expect, it } from "vitest";
import { asciiJson, envelope, isChunks, type Outcome } from "../../../src/lib/cli/envelope.js";
import { line } from "../../../src/lib/command-line.js";
import { CfmError } from "../../../src/lib/errors.js";
import fc from "../../property.js";

async function whole(outcome: Outcome, pretty = false): Promise<string> {
	return (await Array.fromAsync(envelope(outcome, pretty))).join("");
}

async function* chunks(...lists: unknown[][]): AsyncGenerator<unknown[]> {
	yield* lists;
}

const error = new CfmError("conflict", "id-taken", "ID 7 is the Zoë's.", {
	hints: [line("ids show", [7], { environment: "Zoë" }), "Ask ben."],
	data: { id: 7 },
});

describe("asciiJson", () => {
	it("escapes all that is not ASCII, and reads back as it was", () => {
		expect(asciiJson("Zoë 日本 😀 \u007f \u2028")).toBe('"Zo\\u00eb \\u65e5\\u672c \\ud83d\\ude00 \\u007f \\u2028"');
		fc.assert(
			fc.property(fc.jsonValue(), fc.boolean(), (value, pretty) => {
				const text = asciiJson(value, pretty);
				expect(text).toMatch(/^[\n\x20-\x7e]*$/);
				// JSON knows no -0.
				expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
			}),
		);
	});

	it("keeps half of a surrogate pair: a Windows name may hold one", () => {
		fc.assert(
			fc.property(
				fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((n) => String.fromCharCode(n)) }),
				(text) => {
					expect(JSON.parse(asciiJson(text))).toBe(text);
				},
			),
		);
	});
});

describe("the envelope", () => {
	it("of a success is ok, result and warnings, on one line", async () => {
		expect(await whole({ result: { id: 7 }, warnings: ["é"] })).toBe(
			'{"ok":true,"result":{"id":7},"warnings":["\\u00e9"]}\n',
		);
		expect(await whole({ result: {}, warnings: [] })).toBe('{"ok":true,"result":{},"warnings":[]}\n');
	});

	it("of a failure is ok, error and warnings, with every field of the error", async () => {
		const text = await whole({ error, warnings: [] });
		expect(text).toBe(
			'{"ok":false,"error":{"kind":"conflict","code":"id-taken","message":"ID 7 is the Zo\\u00eb\'s.","hints":["cfm ids show 7 --environment Zo\\u00eb","Ask ben."],"remedies":[{"command":"ids show","words":["7"],"flags":{"environment":"Zo\\u00eb"},"placeholders":[]}],"data":{"id":7}},"warnings":[]}\n',
		);
	});

	it("tells no cause and no stack", async () => {
		const told = await whole({
			error: new CfmError("fault", "unexpected", "x", { cause: new Error("secret") }),
			warnings: [],
		});
		expect(told).not.toMatch(/secret|stack|cause/);
	});

	it("of findings has the error and the result", async () => {
		const told = JSON.parse(await whole({ error, result: { total: 1 }, warnings: [] }));
		expect(told).toMatchObject({ ok: false, error: { code: "id-taken" }, result: { total: 1 } });
	});

	it("writes a list while it is read", async () => {
		const seen: string[] = [];
		async function* rows() {
			seen.push("first asked");
			yield [{ id: 1 }, { id: 2 }];
			seen.push("second asked");
			yield [];
			yield [{ id: 3 }];
		}
		const pieces = envelope({ result: { rows: rows(), total: 3 }, warnings: [] }, false);
		let text = "";
		for await (const piece of pieces) {
			text += piece;
			if (text.includes('{"id":1}')) {
				expect(seen).toEqual(["first asked"]);
				break;
			}
		}
		const all = await whole({ result: { rows: rows(), total: 3 }, warnings: [] });
		expect(all).toBe('{"ok":true,"result":{"rows":[{"id":1},{"id":2},{"id":3}],"total":3},"warnings":[]}\n');
	});

	it("is JSON for lists of any pieces, indented or not", async () => {
		await fc.assert(
			fc.asyncProperty(fc.array(fc.array(fc.jsonValue(), { maxLength: 3 }), { maxLength: 4 }), async (lists) => {
				const result = () => ({ rows: chunks(...lists), total: lists.flat().length, gone: undefined });
				const expected = JSON.parse(
					JSON.stringify({ ok: true, result: { rows: lists.flat(), total: lists.flat().length }, warnings: [] }),
				);
				const line = await whole({ result: result(), warnings: [] });
				expect(line.indexOf("\n")).toBe(line.length - 1);
				expect(JSON.parse(line)).toEqual(expected);
				expect(JSON.parse(await whole({ result: result(), warnings: [] }, true))).toEqual(expected);
			}),
		);
	});

	it("leaves out what is undefined, first or last", async () => {
		expect(await whole({ result: { a: undefined, b: 1, c: undefined }, warnings: [] })).toBe(
			'{"ok":true,"result":{"b":1},"warnings":[]}\n',
		);
	});

	it("is indented by two spaces on demand, with the same content", async () => {
		const outcome = { result: { user: "Zoë", list: [1] }, error, warnings: ["w"] };
		const pretty = await whole(outcome, true);
		expect(pretty).toMatch(/^\{\n {2}"ok": false,\n/);
		expect(pretty).toMatch(/^[\n\x20-\x7e]*$/);
		expect(JSON.parse(pretty)).toEqual(JSON.parse(await whole(outcome)));
	});

	it("takes only what is iterated piece by piece for a long list", () => {
		expect(isChunks(chunks())).toBe(true);
		for (const value of [[], {}, null, undefined, "text", 7]) expect(isChunks(value)).toBe(false);
	});
});
