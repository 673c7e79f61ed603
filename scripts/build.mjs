// Builds dist/: the bundles of every language that has a catalogue in texts/, the packages, the native binaries beside them,
// and the cached code of each (docs/decisions/0002, docs/decisions/0019).
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundlePrograms, bundleVendors, copyBinaries, fileOf, programs, writePackages } from "./bundles.mjs";
import { joinCache } from "./cache.mjs";
import { catalogues } from "./catalogue.mjs";
import { writeModule } from "./module.mjs";
import { buildPkcs11 } from "./pkcs11.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

rmSync(dist, { recursive: true, force: true });
/** English needs no catalogue. */
const languages = [undefined, ...catalogues()];
const names = languages.map((one) => one?.name ?? "en");
await bundleVendors(dist);
for (const language of languages) await bundlePrograms(dist, language, names);
copyBinaries(dist);
for (const missing of buildPkcs11(dist)) console.error(`Tokens will be asked through koffi there: ${missing}`);
writePackages(join(root, ".cache", "packages.json"));
// A Node of its own for each: what is loaded once stays loaded.
for (const language of languages)
	for (const name of programs)
		execFileSync(process.execPath, [join(root, "scripts", "warm.mjs"), "cache", join(dist, fileOf(name, language))]);
joinCache(dist, createRequire(import.meta.url)("../bin/run.cjs").runtime());
await buildModule(join(dist, "powershell", "Cfm"));

/** The PowerShell module, of the definitions that were just built. */
async function buildModule(folder) {
	const { load } = createRequire(import.meta.url)("../bin/run.cjs");
	const definitions = await load(join(dist, "cfm.cjs")).loadAll();
	const { outputFiles } = await build({
		...{ entryPoints: [join(root, "src", "lib", "cli", "value-kinds.ts")], bundle: true, write: false },
		...{ format: "esm", platform: "node", logLevel: "warning" },
	});
	const { valueKind } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);
	const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
	writeModule({ definitions, valueKind, version, folder, root });
}
