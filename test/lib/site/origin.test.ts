import { describe, expect, it } from "vitest";
import { parseOrigin, tryOrigin } from "../../../src/lib/site/origin.js";
import fc from "../../property.js";
import { failure } from "../failure.js";

describe("an origin", () => {
	it.each([
		["https://sign.example.com", "https://sign.example.com"],
		[" https://Sign.Example.COM/ ", "https://sign.example.com"],
		["HTTPS://sign.example.com:443", "https://sign.example.com"],
		["https://sign.example.com:8443/", "https://sign.example.com:8443"],
		["https://bücher.example", "https://xn--bcher-kva.example"],
		["https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"],
		["https://192.168.010.1", "https://192.168.8.1"],
		["http://localhost:8101", "http://localhost:8101"],
		["http://127.0.0.1:80", "http://127.0.0.1"],
		["http://[::1]:3000", "http://[::1]:3000"],
		["http://pages.localhost", "http://pages.localhost"],
	])("%s is %s, as browsers write it", (text, origin) => {
		expect(parseOrigin(text)).toBe(origin);
	});

	it.each([
		["", "empty"],
		["sign.example.com", "begin with https://"],
		["https:/sign.example.com", "begin with https://"],
		["ftp://sign.example.com", "begin with https://"],
		["file:///C:/page.html", "begin with https://"],
		["https://sign.example.com/login", "path"],
		["https://sign.example.com\\login", "path"],
		["https://sign.example.com?x=1", "query"],
		["https://sign.example.com?", "query"],
		["https://sign.example.com#top", "fragment"],
		["https://ana@sign.example.com", "user"],
		["https://:@sign.example.com", "user"],
		["https://*.example.com", "wildcards"],
		["https://sign.example.com:*", "wildcards"],
		["https://sign.example.com:99999", "not an address"],
		["https://sign example.com", "space"],
		["https://sign\u200b.example.com", "control character"],
		["http://sign.example.com", "https://sign.example.com"],
		["http://10.0.0.5", "https://10.0.0.5"],
		["http://127.0.0.1.example.com", "https://127.0.0.1.example.com"],
	])("is not %j, and the reason is told: %s", async (text, reason) => {
		const error = await failure(() => parseOrigin(text));
		expect([error.kind, error.code]).toEqual(["usage", "bad-origin"]);
		expect(error.message).toContain(reason);
	});

	it("of whatever text is one, or a reason; and one stays what it is", () => {
		const pieces = "https http :// / a.test LOCALHOST : 8443 443 @ ? # * \\ ü [::1] 127.0.0.1 %2f .. x ẞ 。".split(" ");
		const texts = fc.oneof(
			// Not fast-check's "binary": making its table takes longer than all of this.
			fc.array(fc.nat(0x10ffff), { maxLength: 10 }).map((codes) => String.fromCodePoint(...codes)),
			fc.string().map((text) => `https://${text}`),
			fc.array(fc.constantFrom(" ", ...pieces), { maxLength: 8 }).map((some) => some.join("")),
			fc.array(fc.constantFrom(...pieces), { maxLength: 4 }).map((some) => `https://${some.join("")}`),
		);
		fc.assert(
			fc.property(texts, (text) => {
				const origin = tryOrigin(text);
				if (typeof origin !== "string") {
					expect(origin.problem).not.toMatch(/\p{Cc}/u);
					return;
				}
				expect(origin).toBe(new URL(text.trim()).origin);
				expect(tryOrigin(origin)).toBe(origin);
			}),
		);
	});
});
