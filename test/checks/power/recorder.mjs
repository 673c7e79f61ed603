/** Builds `powerloss.c` and puts processes under it. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "../harness.mjs";

const library = join(root, ".cache/power/powerloss.so");

export function buildRecorder() {
	if (process.platform !== "linux") throw new Error("the power-loss model needs Linux");
	mkdirSync(join(root, ".cache/power"), { recursive: true });
	const source = join(root, "test/checks/power/powerloss.c");
	const flags = ["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-pthread"];
	const { status, error } = spawnSync("cc", [...flags, "-o", library, source], { stdio: ["ignore", 2, 2] });
	if (status !== 0)
		throw error ?? new Error("the recorder cannot be built: it needs a C compiler, as in apt install gcc libc6-dev");
}

/**
 * The environment variables of a process that is recorded.
 *
 * @param {string} folder what is watched
 * @param {string} journals where the notes go
 * @param {number} [cut] the process kills itself after so many changes and syncs
 * @returns {Record<string, string>}
 */
export function recorded(folder, journals, cut) {
	const names = { LD_PRELOAD: library, POWERLOSS_WATCH: folder, POWERLOSS_JOURNAL: journals };
	return cut === undefined ? names : { ...names, POWERLOSS_CUT: String(cut) };
}
