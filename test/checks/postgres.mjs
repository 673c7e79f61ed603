/**
 * The trials of the registry on PostgreSQL, whole: npm run check:postgres
 *
 * The lane runs a tenth of them (test/lanes/postgres/trials.test.ts).
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "../..");
const vitest = join(root, "node_modules/.bin/vitest");
const { status } = spawnSync(vitest, ["run", "--project", "postgres", "test/lanes/postgres/trials.test.ts"], {
	cwd: root,
	stdio: "inherit",
	env: { ...process.env, CFM_CHECK: "whole" },
});
process.exitCode = status ?? 1;
