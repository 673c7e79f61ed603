// `cfm` is killed 200 times while it writes web IDs, and the real browser started after each: npm run check:kills
// `CFM_SEED=N` repeats a run's chances. The browsers' lane does a tenth of it.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const vitest = join("node_modules", "vitest", "vitest.mjs");
const words = ["run", "--project", "browsers", "test/lanes/browsers/kills.test.ts"];
const { status } = spawnSync(process.execPath, [vitest, ...words], {
	stdio: "inherit",
	env: { ...process.env, CFM_KILLS: "all" },
});
process.exitCode = status ?? 1;
