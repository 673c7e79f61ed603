import { describe, expect, it } from "vitest";
import { entryKey, originOfKey } from "../../../../src/lib/adapters/chromium/origin-key.js";
import { decodeText, encodeText } from "../../../../src/lib/adapters/chromium/text.js";
import fc from "../../../property.js";
import { anyText } from "../any-text.js";

describe("a text", () => {
	it("comes back as it was", () => {
		fc.assert(
			fc.property(fc.oneof(anyText, fc.string()), (text) => {
				expect(decodeText(encodeText(text))).toBe(text);
			}),
		);
	});

	it.each([
		["7", "0137"],
		["ÿ", "01ff"],
		["Ā", "000001"],
		["", "01"],
	])("%s is written as Chromium writes it", (text, hex) => {
		expect(encodeText(text).toString("hex")).toBe(hex);
	});

	it.each(["", "02", "0061", "00000100"])("of bytes %s is damage", (hex) => {
		expect(() => decodeText(Buffer.from(hex, "hex"))).toThrow("a text in an unknown encoding");
	});
});

describe("a key", () => {
	it("belongs to its site up to the NUL, and a third party's to nobody", () => {
		expect(originOfKey(entryKey("https://x", "CFM_ID"))).toBe("https://x");
		expect(originOfKey(entryKey("https://x:8443", "CFM_ID"))).toBe("https://x:8443");
		expect(originOfKey(entryKey("https://x/^0https://top", "CFM_ID"))).toBeUndefined();
		expect(originOfKey(Buffer.from("META:https://x"))).toBeUndefined();
	});
});
