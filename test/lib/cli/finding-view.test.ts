import { describe, expect, it } from "vitest";
import { headed } from "../../../src/lib/cli/finding-view.js";
import { couldNotTell, found, tell } from "../../../src/lib/finding/finding.js";
import { probeBlind } from "../../../src/lib/finding/probe.js";
import { clockOff } from "../../../src/lib/surroundings/findings.js";

const about = clockOff.sample;

describe("the head of a finding", () => {
	it("says what was found, and asserts nothing that can't be determined", () => {
		expect(headed(tell(found(clockOff, about)))).toBe("This machine's clock is wrong:");
		const unknown = tell(couldNotTell(clockOff, about, "nobody answers"));
		expect(headed(unknown)).toBe("This machine's clock is wrong?");
	});

	it("says of a check that could not look that it could not", () => {
		const blind = tell({ kind: probeBlind, state: "unknown", data: probeBlind.sample, why: null });
		expect(headed(blind)).toBe("A check could not look:");
	});
});
