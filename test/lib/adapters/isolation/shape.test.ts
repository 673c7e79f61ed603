import { expect, it } from "vitest";
import {
	either,
	fields,
	list,
	OddAnswer,
	oneOf,
	orAbsent,
	orNull,
	text,
} from "../../../../src/lib/adapters/isolation/shape.js";

const shape = fields<{ name: string; state: "a" | "b"; note: string | null; more?: string[] | undefined }>({
	name: text(3),
	state: oneOf(["a", "b"]),
	note: orNull(text(3)),
	more: orAbsent(list(text(3), 2)),
});

it("takes what it names, and leaves the rest", () => {
	const value = JSON.parse('{"name":"ana","state":"a","note":null,"__proto__":{"x":1},"extra":{}}');
	const taken = shape(value);
	expect(taken).toEqual({ name: "ana", state: "a", note: null });
	expect(Object.getPrototypeOf(taken)).toBe(Object.prototype);
	expect(shape({ ...value, more: ["x"] }).more).toEqual(["x"]);
});

it.each([
	["no object", null],
	["a text that is too long", { name: "anna", state: "a", note: null }],
	["another word", { name: "ana", state: "c", note: null }],
	["a field that is missing", { name: "ana", state: "a" }],
	["a field of the prototype", Object.create({ name: "ana", state: "a", note: null })],
	["a list that is too long", { name: "ana", state: "a", note: null, more: ["1", "2", "3"] }],
	["a list that is none", { name: "ana", state: "a", note: null, more: { length: 1 } }],
	["a number for a text", { name: 7, state: "a", note: null }],
])("refuses %s", (_, value) => {
	expect(() => shape(value)).toThrow(OddAnswer);
});

it("takes the first of two shapes that fits", () => {
	const one = either(fields<{ a: string }>({ a: text(9) }), fields<{ b: string }>({ b: text(9) }));
	expect([one({ a: "1" }), one({ b: "2" })]).toEqual([{ a: "1" }, { b: "2" }]);
	expect(() => one({ c: "3" })).toThrow(OddAnswer);
});
