import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "./cfm.js";

it("the console examples of the README and the tour, and their picture, are what the commands print", () => {
	const { status, stderr } = spawnSync(process.execPath, [join(root, "scripts", "tour.mjs"), "--check"], {
		encoding: "utf8",
	});
	expect(stderr).toBe("");
	expect(status).toBe(0);
});
