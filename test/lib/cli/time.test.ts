import { expect, it } from "vitest";
import { inLocalTime } from "../../../src/lib/cli/time.js";

it("a text for a terminal has its moments by the clock on the wall, and all else as it was", () => {
	expect(inLocalTime("endedAt none → 2026-01-15T09:30:33.161Z, said 2026-01-15, since 2026-01-15T09:30:00Z")).toBe(
		"endedAt none → 2026-01-15 06:00, said 2026-01-15, since 2026-01-15 06:00",
	);
});
