// V8's cached code for Windows, made on Linux: V8 takes only what its own build for the same system wrote, so Node for Windows
// writes it, under Wine.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileOf, programs } from "../bundles.mjs";
import { joinCache } from "../cache.mjs";

/**
 * Writes `dist/cache/` of a bundle for Windows.
 *
 * @param {string} root the repository
 * @param {string} bundle the bundle's folder, its Node inside
 * @param {({name: string} | undefined)[]} languages as the build made them; undefined is English
 * @param {string} version of the Node inside
 * @throws when Node under Wine did not write what it was asked for
 */
export function makeWindowsCache(root, bundle, languages, version) {
	const work = mkdtempSync(join(tmpdir(), "cfm-bundle-"));
	const env = {
		...{
			PATH: `${wineFolder(root)}/bin:${process.env.PATH}`,
			HOME: work,
			USER: "builder",
			LC_ALL: "C.UTF-8",
			WINEPREFIX: join(work, "prefix"),
		},
		...{ WINEDEBUG: "-all", WINEDLLOVERRIDES: "winemenubuilder.exe,mscoree,mshtml=" },
	};
	const wine = (...words) => {
		const { status, signal, error } = spawnSync("wine", words, { env, stdio: "ignore", timeout: 300_000 });
		if (status !== 0) throw new Error(`wine ${words.join(" ")} ended with ${error?.message ?? status ?? signal}`);
	};
	try {
		wine("wineboot", "-i");
		const drive = join(work, "prefix", "drive_c");
		const program = join(drive, "cfm");
		cpSync(bundle, program, { recursive: true });
		mkdirSync(join(program, "scripts"));
		for (const file of ["warm.mjs", "cache.mjs", "postgres-stand-in.mjs"])
			cpSync(join(root, "scripts", file), join(program, "scripts", file));
		for (const language of languages)
			for (const name of programs)
				wine(
					"C:\\cfm\\node\\node.exe",
					"C:\\cfm\\scripts\\warm.mjs",
					"cache",
					`C:\\cfm\\dist\\${fileOf(name, language)}`,
				);
		joinCache(join(program, "dist"), `v${version}-win32-x64`);
		cpSync(join(program, "dist", "cache"), join(bundle, "dist", "cache"), { recursive: true });
	} finally {
		spawnSync("wineserver", ["-k"], { env, stdio: "ignore" });
		spawnSync("wineserver", ["-w"], { env, stdio: "ignore", timeout: 10_000 });
		rmSync(work, { recursive: true, force: true });
	}
}

/** The Wine of the tests, a newer one than Debian 12 has: it runs the Node of the bundle as it is. */
function wineFolder(root) {
	const script = join(root, "test", "lanes", "wine", "provision.sh");
	execFileSync("sh", [script], { stdio: "inherit" });
	return execFileSync("sh", [script, "--wine"], { encoding: "utf8" }).trim();
}
