/**
 * The PowerShell lane, whole: npm run check:powershell
 *
 * The lane runs under Wine what pwsh does not show, and of what is alike a part (test/whole.ts).
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const vitest = join(root, "node_modules/.bin/vitest");
const { status } = spawnSync(vitest, ["run", "--project", "powershell", ...process.argv.slice(2)], {
	cwd: root,
	stdio: "inherit",
	env: { ...process.env, CFM_CHECK: "whole" },
});
process.exitCode = status ?? 1;
