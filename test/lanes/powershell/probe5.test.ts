import fs from "node:fs";
import { test } from "vitest";
import { openPowerShell } from "./powershell.js";
test("probe", async () => {
	const shell = await openPowerShell("wine");
	fs.copyFileSync("/tmp/t6/launcher/cfm.exe", shell.path("C:\\cfm\\bin\\cfm.exe"));
	const o = await shell.run(fs.readFileSync("/tmp/t6/bench.ps1", "utf8"), { parameters: { N: 15 }, env: { LANE_NODE: shell.node, LANE_RUN: shell.script }, timeoutMs: 900_000 });
	console.log(JSON.stringify(o, null, 1)); console.log(fs.readFileSync(shell.path("C:\\work\\export.csv"), "utf8"));
	await shell.dispose();
}, 1_200_000);
