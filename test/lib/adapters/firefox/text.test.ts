import { describe, expect, it } from "vitest";
import { decodeKey, encodeKey, folderName, originKey, originOfKey } from "../../../../src/lib/adapters/firefox/text.js";
import fc from "../../../property.js";
import { anyText } from "../any-text.js";

describe("a key", () => {
	it("comes back as it was", () => {
		fc.assert(
			fc.property(fc.oneof(anyText, fc.string()), (text) => {
				expect(decodeKey(encodeKey(text))).toBe(text);
			}),
		);
	});

	it("is UTF-8, where UTF-8 can hold it", () => {
		fc.assert(
			fc.property(fc.string({ unit: "binary" }), (text) => {
				expect(encodeKey(text).equals(Buffer.from(text, "utf8"))).toBe(true);
			}),
		);
		expect(encodeKey("a\ud800b").toString("hex")).toBe("61eda08062");
	});
});

describe("a site", () => {
	it.each([
		["http://localhost:8101", "http+++localhost+8101", "tsohlacol.:http:8101"],
		["https://sign.example", "https+++sign.example", "elpmaxe.ngis.:https:443"],
	])("%s has the names Firefox gives it", (origin, folder, key) => {
		expect(folderName(origin)).toBe(folder);
		expect(originKey(origin)).toBe(key);
		expect(originOfKey(key)).toBe(origin);
	});

	it("of another kind has none", () => {
		expect(originOfKey("moz-extension://x")).toBeUndefined();
		expect(originOfKey("moc.elpmaxe.:https:99999")).toBeUndefined();
	});
});
