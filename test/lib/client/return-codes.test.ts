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

	it("1638 hints at a command for the environment that was installed for", () => {
		const meaning = meaningOf(1638);
		const hints = (environment: string) => meaning.outcome === "failure" && said(meaning.error(1638, environment));
		expect(hints("north")).toEqual(["cfm uninstall --environment north"]);
		expect(hints("default")).toEqual(["cfm uninstall"]);
	});
});
