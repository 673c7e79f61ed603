// Two processes that tell people are killed 200 times in all, and every notice goes, under one name: npm run check:mail
// `CFM_SEED=N` repeats a run's chances. The lane for mail does a tenth of it.
import { spawnSync } from "node:child_process";
import { join } from "node:path";

const vitest = join("node_modules", "vitest", "vitest.mjs");
const words = ["run", "--project", "mail", "test/lanes/mail/kills.test.ts", "--testTimeout", "3600000"];
const { status } = spawnSync(process.execPath, [vitest, ...words], {
	stdio: "inherit",
	env: { ...process.env, CFM_KILLS: "all" },
});
process.exitCode = status ?? 1;
