// cfm-setup.exe, by NSIS.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sign, signingCommand } from "./sign.mjs";

const compiler = "x86_64-w64-mingw32-gcc";

/**
 * @param {{root: string, folder: string, file: string, version: string, time: Date, quick?: boolean}} of `folder`: the bundle for
 *   Windows; `time`: what the setup program says it was made; `quick`: larger, and made in a tenth of the time
 */
export function makeSetup({ root, folder, file, version, time, quick = false }) {
	const work = mkdtempSync(join(tmpdir(), "cfm-setup-"));
	try {
		const tool = join(work, "setup-tool.exe");
		const flags = ["-O2", "-s", "-municode", "-mwindows", "-Wall", "-Wextra", "-Werror", "-Wl,--no-insert-timestamp"];
		execFileSync(compiler, [...flags, "-o", tool, join(root, "launcher", "setup-tool.c")], { stdio: "inherit" });
		sign(tool);
		const quad = `${version.replace(/[^\d.].*$/, "")}.0`;
		const signer = signingCommand();
		const defines = { FOLDER: folder, HELPER: tool, VERSION: version, QUAD: quad, OUTFILE: file };
		const words = Object.entries({
			...defines,
			...(signer && { UNINSTALLER_SIGNER: signer }),
			...(quick && { QUICK: "" }),
		});
		execFileSync(
			"makensis",
			[
				"-V2",
				"-WX",
				...words.map(([name, value]) => `-D${name}=${value}`),
				join(root, "scripts", "bundle", "setup.nsi"),
			],
			{ stdio: "inherit", env: { ...process.env, SOURCE_DATE_EPOCH: String(time.getTime() / 1000) } },
		);
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}
