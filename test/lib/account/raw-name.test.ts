import { describe, expect, it } from "vitest";
import { parseAccount, tryAccount } from "../../../src/lib/account/account.js";
import { isSid } from "../../../src/lib/account/raw-name.js";

describe("what names an account for a directory", () => {
	it.each([
		["a SID", "S-1-5-21-3623811015-3361044348-30300820-1013", "SID"],
		["a SID in small letters", "s-1-5-18", "SID"],
		["a SID of Entra ID", "S-1-12-1-1044348-30300820-1013-77", "SID"],
		["a SID as secedit writes it", "*S-1-5-32-544", "SID"],
		["a SID's bytes", "0x010500000000000515000000c7f7fed77ab45cc8f4ca1d00f5030000", "SID"],
		["a distinguished name", "CN=Ana Dupont,OU=Staff,DC=corp,DC=example", "distinguished name"],
		["a distinguished name in quotation marks", '"CN=Ana,DC=corp"', "distinguished name"],
		["a part of one", "uid=ana", "distinguished name"],
		["an encoded name", "X'5a6fc3a9'", "encoded"],
		["a GUID", "1f2e3d4c-5b6a-7988-9786-a5b4c3d2e1f0", "GUID"],
		["a GUID that begins with a letter, in braces", "{af2e3d4c-5b6a-7988-9786-a5b4c3d2e1f0}", "GUID"],
	])("is no account name: %s", (_, text, what) => {
		expect(tryAccount(text)).toEqual({ problem: expect.stringContaining(what) });
	});

	it.each(["S-1", "s-1-ana", "x-ray", "abcdef12-x", "ana-0105", "o'neil", "X'", "deadbeef-1234", "S-15"])(
		"is not what only resembles it: %s",
		(text) => {
			expect(parseAccount(text).spelling).toBe(text);
		},
	);

	it("is a SID when it is nothing else", () => {
		expect(["S-1-5-18", " s-1-5-32-544 "].map(isSid)).toEqual([true, true]);
		expect(["S-1-5", "CORP\\S-1-5-18", "S-1-5-18x"].map(isSid)).toEqual([false, false, false]);
	});
});
