// The main job on the embedded registry, in a folder of this checkout: init, a real allocation, and what is there then.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const registry = join(folder(), "registry.db");

for (const words of [
	["init", "--yes"],
	["ids", "allocate", "CORP\\ana", "CORP\\ben"],
	["ids", "list"],
]) {
	const quoted = words.map((word) => (/[\\ ]/.test(word) ? `"${word}"` : word));
	console.log(`\n$ npx cfm ${quoted.join(" ")} --registry ${registry}`);
	const args = [join(root, "bin", "run.cjs"), ...words, "--registry", registry];
	const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
	if (status !== 0) process.exit(status ?? 1);
}

if (existsSync(join(root, ".cfm", "registry.db")))
	console.log("\n.cfm is this checkout's own folder: npx cfm ids list");

/** `.cfm` in the checkout; root trusts no folder of another user's, and gets one of its own instead. */
function folder() {
	const foreign = process.platform !== "win32" && process.geteuid?.() === 0 && statSync(root).uid !== 0;
	if (foreign) return mkdtempSync(join(tmpdir(), "cfm-quickstart-"));
	mkdirSync(join(root, ".cfm"), { recursive: true, mode: 0o700 });
	return join(root, ".cfm");
}
