import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import packageJson from "../../../../package.json" with { type: "json" };
import { type Known, known, unknown } from "../../known.js";
import type { ProgramFile, SeenProgram } from "../../self/program.js";
import { isSignedBy, readSums, signatureName, sumsName } from "../../self/signed-sums.js";
import { updateKey } from "../../self/update-key.js";
import { t } from "../../text.js";
import { journalName, updateFolder } from "../disk/finish.js";
import { opennessOf } from "./guard.js";

declare const __dirname: string;

/** What only the setup program writes, and what signs for the list, beside what the list names. */
const besides = [sumsName, signatureName, "uninstall.exe"];
/** What an update left: files of the version before that still run. Without a journal nothing of it is ever loaded. */
const isLeftByUpdate = (file: string, folder: string) =>
	file.startsWith(`${updateFolder}/`) && !existsSync(join(folder, updateFolder, journalName));

/**
 * Looks at the program's own files: each is read once and compared with the list that came with it.
 *
 * @param folder where `bin` and `dist` are
 * @param key whose signature of the list is believed, if anybody's
 */
export async function seenProgram(folder = ownFolder(), key = updateKey): Promise<SeenProgram> {
	const program = { version: packageJson.version, folder, node: process.version };
	const list = join(folder, sumsName);
	if (!existsSync(list)) {
		return {
			...program,
			listed: null,
			files: [],
			signature: null,
			open: unknown(t`no list says which files belong to it`),
		};
	}
	const bytes = readFileSync(list);
	const listed = readSums(bytes.toString());
	const files: ProgramFile[] = [];
	for (const [file, sum] of listed) {
		const state = await stateOf(join(folder, file), sum);
		if (state !== undefined) files.push({ file, state });
	}
	for (const file of filesBelow(folder)) {
		const isKnown = listed.has(file) || besides.includes(file) || isLeftByUpdate(file, folder);
		if (!isKnown) files.push({ file, state: "added" });
	}
	const signature = signatureOf(folder, bytes, key);
	return { ...program, listed: listed.size, files, signature, open: await opennessOfProgram(folder) };
}

/** Above `dist` in a bundle, above `src` in the sources: where the package is. */
function ownFolder(): string {
	let folder = __dirname;
	while (!existsSync(join(folder, "package.json")) && folder !== dirname(folder)) folder = dirname(folder);
	return existsSync(join(folder, "package.json")) ? folder : dirname(__dirname);
}

function signatureOf(folder: string, list: Buffer, key: string | undefined): SeenProgram["signature"] {
	if (key === undefined) return null;
	const file = join(folder, signatureName);
	if (!existsSync(file)) return "missing";
	return isSignedBy(key, list, readFileSync(file)) ? "valid" : "wrong";
}

async function stateOf(path: string, sum: string): Promise<ProgramFile["state"] | undefined> {
	const hash = createHash("sha256");
	try {
		await pipeline(createReadStream(path), hash);
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "ENOENT" ? "missing" : "unreadable";
	}
	return hash.digest("hex") === sum ? undefined : "changed";
}

function filesBelow(folder: string): string[] {
	return readdirSync(folder, { recursive: true, withFileTypes: true })
		.filter((entry) => !entry.isDirectory())
		.map((entry) =>
			join(entry.parentPath, entry.name)
				.slice(folder.length + 1)
				.replaceAll("\\", "/"),
		)
		.sort();
}

/** Why others than administrators could change what runs, in words; null when they cannot. */
async function opennessOfProgram(folder: string): Promise<Known<string | null>> {
	const files = filesBelow(folder).map((file) => join(folder, file));
	try {
		if (process.platform !== "win32") {
			for (const path of [folder, ...files]) {
				const why = opennessOf(path, [0]);
				if (why !== undefined) return known(why);
			}
			return known(null);
		}
		const { whyReplaceable } = await import("../windows/trusted-folder.js");
		return known((await whyReplaceable(folder, files)) ?? null);
	} catch (error) {
		return unknown((error as Error).message);
	}
}
