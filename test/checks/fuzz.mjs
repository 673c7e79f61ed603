/**
 * Bent files of browsers, read by `cfm` and by an independent reader: npm run check:fuzz -- [--inputs N] [--seed N]
 *
 * LevelDB with right checksums, SQLite with logs and journals, `Local State`, `profiles.ini`, `prefs.js`: nothing may
 * crash, hang or be read differently; what nobody bent must be read. The seed repeats everything.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { root, run } from "./harness.mjs";

/** As it is, and not in the bundle: it says where it stands. */
const harness = { path: pathToFileURL(join(root, "test/checks/harness.mjs")).href, external: true };

await run(async () => {
	const outfile = join(root, ".cache/checks/fuzz.mjs");
	mkdirSync(join(root, ".cache/checks"), { recursive: true });
	await build({
		entryPoints: [join(root, "test/checks/fuzz/run.ts")],
		outfile,
		bundle: true,
		platform: "node",
		format: "esm",
		packages: "external",
		plugins: [{ name: "harness", setup: ({ onResolve }) => onResolve({ filter: /harness\.mjs$/ }, () => harness) }],
		logLevel: "warning",
	});
	await import(pathToFileURL(outfile).href);
});
