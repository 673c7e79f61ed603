/** What an administrator installs: how many files a virus scanner reads, and how large it is. */
import { spawnSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";

const root = join(import.meta.dirname, "..");
const { version } = await import("../package.json", { with: { type: "json" } }).then((one) => one.default);

/** @param {import("./run.mjs").Bench} bench */
export async function bundle({ folder, report }) {
	report.heading("The bundle");
	const made = spawnSync(process.execPath, [join(root, "scripts", "bundle.mjs"), folder], {
		encoding: "utf8",
		maxBuffer: 2 ** 26,
	});
	if (made.status !== 0) {
		const why = made.stderr.trim().split("\n").at(-1) ?? "";
		return report.skipped("bundle", why);
	}
	const zip = `cfm-${version}-win-x64.zip`;
	const tarball = `cfm-${version}-linux-x64.tar.gz`;
	report.value(`bundle: files in ${zip}`, zipped(join(folder, zip)), "", { most: 50 });
	report.value(`bundle: files in ${tarball}`, tarred(join(folder, tarball)), "", { most: 50 });
	for (const name of [zip, tarball, "cfm-setup.exe", `cfm_${version}_amd64.deb`])
		report.value(`bundle: ${name}`, statSync(join(folder, name)).size / 1e6, " MB");
}

/** How many files are in an archive. @param {string} file */
function zipped(file) {
	let count = 0;
	unzipSync(readFileSync(file), { filter: ({ name }) => !name.endsWith("/") && count++ < 0 });
	return count;
}

/** @param {string} file */
function tarred(file) {
	const { stdout } = spawnSync("tar", ["-tzf", file], { encoding: "utf8" });
	return stdout.split("\n").filter((line) => line !== "" && !line.endsWith("/")).length;
}
