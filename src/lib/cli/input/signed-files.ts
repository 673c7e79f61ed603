import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { CfmError } from "../../errors.js";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { STANDARD_INPUT } from "./source.js";

/** Endings of signed messages. */
const endings = [".p7m", ".p7s", ".p7", ".cms"];
/** Endings of files that may hold signatures. */
const ofFolders = [...endings, ".pdf"];
/** More files in one folder are too many for one answer. */
const mostFiles = 100_000;

/**
 * The files that words name: files as they are named, folders with all signed files below them. Links are not followed.
 *
 * @throws CfmError usage `too-many-files`
 */
export async function signedFiles(named: readonly string[]): Promise<string[]> {
	const found: string[] = [];
	for (const word of named) {
		if (word === STANDARD_INPUT || !(await isFolder(word))) found.push(word);
		else found.push(...(await below(word)));
	}
	return found;
}

/** What stands beside a file that was signed apart, `letter.txt` for `letter.txt.p7s`; undefined: nothing does. */
export async function signedBeside(file: string): Promise<string | undefined> {
	const ending = extname(file);
	if (!endings.includes(ending.toLowerCase())) return undefined;
	const beside = file.slice(0, -ending.length);
	const isFile = await stat(beside).then(
		(stats) => stats.isFile(),
		() => false,
	);
	return isFile ? beside : undefined;
}

async function isFolder(word: string): Promise<boolean> {
	try {
		return (await stat(word)).isDirectory();
	} catch (error) {
		// Whoever reads it says what is wrong.
		if (codeOf(error) === "") throw error;
		return false;
	}
}

async function below(folder: string): Promise<string[]> {
	const entries = await readdir(folder, { recursive: true, withFileTypes: true });
	const files = entries.filter((entry) => entry.isFile() && ofFolders.includes(extname(entry.name).toLowerCase()));
	if (files.length > mostFiles) {
		throw new CfmError("usage", "too-many-files", t`There are more than ${mostFiles} signed files below ${folder}.`, {
			data: { folder },
		});
	}
	return files.map((entry) => join(entry.parentPath, entry.name)).toSorted();
}
