// Binaries of packages that npm leaves out because they are for another system: a build is for all that cfm runs on.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The path of a file of a package that package-lock.json names: of the installed package, else of one that is fetched now
 * and kept. What is fetched must have the hash that stands in package-lock.json.
 *
 * @param {string} root the repository
 * @param {string} name the package
 * @param {string} file below its folder, with `/`
 * @throws when it cannot be had: a bundle without it would fail on its own system, and in silence
 */
export function nativeFile(root, name, file) {
	const installed = join(root, "node_modules", name, file);
	if (existsSync(installed)) return installed;
	const { version, integrity } = locked(root, name);
	const kept = join(root, ".cache", "natives", `${name.replace("/", "-")}-${version}`, file);
	if (existsSync(kept)) return kept;
	try {
		fetchFile(`${name}@${version}`, integrity, file, kept);
	} catch (error) {
		throw new Error(`${name}@${version} is not installed and cannot be fetched; without it cfm does not run there.`, {
			cause: error,
		});
	}
	return kept;
}

function locked(root, name) {
	const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
	const { version, integrity } = packages[`node_modules/${name}`] ?? {};
	if (version === undefined) throw new Error(`package-lock.json names no ${name}`);
	return { version, integrity };
}

function fetchFile(wanted, integrity, file, kept) {
	mkdirSync(dirname(kept), { recursive: true });
	// Beside its place, and put there whole: two builds may run at once.
	const folder = mkdtempSync(join(dirname(kept), "fetched-"));
	try {
		// On Windows npm is a batch file, which only a shell starts: npm names its own program to what it runs.
		const npm = process.env.npm_execpath;
		const [program, words] = npm?.endsWith(".js") ? [process.execPath, [npm]] : ["npm", []];
		const options = { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] };
		const packed = execFileSync(program, [...words, "pack", "--silent", "--ignore-scripts", wanted], options).trim();
		verify(join(folder, packed), integrity);
		execFileSync("tar", ["-xzf", packed, `package/${file}`], { cwd: folder });
		renameSync(join(folder, "package", ...file.split("/")), kept);
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** @param {string} integrity as npm writes it: the name of the hash, then it in base64 */
export function verify(file, integrity) {
	const [algorithm, expected] = integrity.split(/-(.*)/s);
	const found = createHash(algorithm).update(readFileSync(file)).digest("base64");
	if (found !== expected) throw new Error(`${file} is not what package-lock.json names`);
}
