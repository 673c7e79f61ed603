// The packages of which something is in a bundle, as the build noted them: for the licences and the list of parts.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * What is inside, sorted by name and version; each once.
 *
 * @param {string} root the repository, built
 * @returns {{name: string, version: string, license: string, author: string, text: string | undefined, integrity: string | undefined}[]}
 * @throws when a package names no licence: it must not be shipped then
 */
export function shippedPackages(root) {
	const folders = JSON.parse(readFileSync(join(root, ".cache", "packages.json"), "utf8"));
	const locked = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
	const found = new Map();
	for (const folder of folders) {
		const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
		const spdx = typeof license === "object" ? license.type : license;
		if (spdx === undefined) throw new Error(`${name}@${version} names no licence`);
		found.set(`${name}@${version}`, {
			...{ name, version, license: spdx, author: typeof author === "object" ? author.name : (author ?? "") },
			text: licenceText(join(root, folder)),
			integrity: locked[folder]?.integrity,
		});
	}
	return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
}

/** The licences that a package brings, whatever it calls the files: one for its own code, others for what it holds. */
function licenceText(folder) {
	const files = readdirSync(folder).filter((name) => /^(licen[cs]e|copying)/i.test(name));
	if (files.length > 0) return files.map((file) => readFileSync(join(folder, file), "utf8")).join("\n\n");
	const readme = join(folder, "README.md");
	const said = existsSync(readme) ? /^#+ licen[cs]e\s*$([\s\S]*)/im.exec(readFileSync(readme, "utf8"))?.[1] : undefined;
	return said?.trim().length > 100 ? said.trim() : undefined;
}
