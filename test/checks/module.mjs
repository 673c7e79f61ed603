/**
 * All examples of the PowerShell module on every engine: npm run check:module
 *
 * The lane runs some of them (test/lanes/powershell/module.test.ts).
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const vitest = join(root, "node_modules/.bin/vitest");
const { status } = spawnSync(vitest, ["run", "--project", "powershell", "test/lanes/powershell/module.test.ts"], {
	cwd: root,
	stdio: "inherit",
	env: { ...process.env, CFM_CHECK: "whole" },
});
process.exitCode = status ?? 1;
