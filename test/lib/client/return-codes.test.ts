import { describe, expect, it } from "vitest";
import { exitCodes } from "../../../src/lib/cli/exit-codes.js";
import { meaningOf } from "../../../src/lib/client/return-codes.js";
import { said } from "../hints.js";

describe("a return code of an installer", () => {
	it.each([
		[0, false],
		[1707, false],
		[3010, true],
		[1641, true],
	])("%d is success; restart: %s", (code, rebootRequired) => {
		expect(meaningOf(code)).toEqual({ outcome: "success", rebootRequired });
	});

	it("1618 is busy", () => expect(meaningOf(1618)).toEqual({ outcome: "busy" }));

	it.each([
		[1, "installer-cancelled", 7],
		[2, "installer-aborted", 7],
		[1602, "installer-cancelled", 7],
		[1605, "not-installed", 7],
		[1638, "other-version", 4],
		[1603, "installer-failed", 7],
		[-1, "installer-failed", 7],
		[3221225477, "installer-failed", 7],
	])("%d is %s, exit code %d", (code, name, exit) => {
		const meaning = meaningOf(code);
		if (meaning.outcome !== "failure") throw new Error(meaning.outcome);
		const error = meaning.error(code, "default");
		expect(error).toMatchObject({ code: name, data: { returnCode: code } });
		expect(error.message).toContain(String(code));
		expect(exitCodes[error.kind]).toBe(exit);
	});

	it.each([
		[0x8007_0652, "busy"],
		[-2147023278, "busy"],
		[0x8007_0bc2, "success"],
		[0x8007_0669, "success"],
		[0x8007_0642, "failure"],
	])("%d is what is wrapped in it: %s", (code, outcome) => expect(meaningOf(code).outcome).toBe(outcome));

	it.each([
		[1603, "1603 (0x643)", null],
		[3221225477, "3221225477 (0xC0000005, -1073741819)", -1073741819],
		[-1073741819, "3221225477 (0xC0000005, -1073741819)", -1073741819],
		[0x8007_0642, "2147944002 (0x80070642, -2147023294)", -2147023294],
	])("%d stands in messages as it is looked up: %s", (code, text, signed) => {
		const meaning = meaningOf(code);
		if (meaning.outcome !== "failure") throw new Error(meaning.outcome);
		const error = meaning.error(code, "default");
		expect(error.message).toContain(text);
		expect(error.data).toMatchObject({ returnCode: code, signed, hex: expect.stringMatching(/^0x[\dA-F]+$/) });
	});

	it.each([
		[740, "ERROR_ELEVATION_REQUIRED", /administrators' rights/],
		[1223, "ERROR_CANCELLED", /answered no/],
		[1603, "ERROR_INSTALL_FAILURE", /fatal error/],
		[1625, "ERROR_INSTALL_PACKAGE_REJECTED", /policy/],
		[1640, "ERROR_INSTALL_REMOTE_DISALLOWED", /Remote Desktop/],
		[1260, "ERROR_ACCESS_DISABLED_BY_POLICY", /AppLocker/],
		[4551, "ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION", /App Control/],
		[3221225477, "STATUS_ACCESS_VIOLATION", /access violation/],
		[3221225781, "STATUS_DLL_NOT_FOUND", /DLL/],
	])("%d is named %s, said in words, with what to do", (code, name, words) => {
		const meaning = meaningOf(code);
		if (meaning.outcome !== "failure") throw new Error(meaning.outcome);
		const error = meaning.error(code, "default");
		expect(error.data).toMatchObject({ name });
		expect(error.message).toMatch(words);
		expect(said(error)).not.toEqual([]);
	});

	it("1638 hints at a command for the environment that was installed for", () => {
		const meaning = meaningOf(1638);
		const hints = (environment: string) => meaning.outcome === "failure" && said(meaning.error(1638, environment));
		expect(hints("north")).toEqual(["cfm uninstall --environment north"]);
		expect(hints("default")).toEqual(["cfm uninstall"]);
	});
});
