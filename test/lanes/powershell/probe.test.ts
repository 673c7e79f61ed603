import fs from "node:fs";
import { test } from "vitest";
import { openPowerShell } from "./powershell.js";
test("probe", async () => {
	for (const engine of (process.env.ENGINES ?? "linux wine").split(" ") as ("linux" | "wine")[]) {
		const shell = await openPowerShell(engine);
		for (const name of process.env.SCRIPTS!.split(" ")) {
			const outcome = await shell.run(fs.readFileSync(name, "utf8"));
			fs.appendFileSync("/tmp/t6/probe.txt", `--- ${engine} ${name}\n${JSON.stringify(outcome, null, 1)}\n`);
		}
		await shell.dispose();
	}
}, 900_000);
