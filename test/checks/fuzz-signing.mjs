// Twenty thousand damaged inputs of each kind that signing reads; in the lane it is a tenth.
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const inputs = process.argv[2] ?? "20000";
const words = [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "--project", "signing", "fuzz"];
const env = { ...process.env, CFM_FUZZ_INPUTS: inputs };
process.exitCode = spawnSync(process.execPath, words, { cwd: root, stdio: "inherit", env }).status ?? 1;
