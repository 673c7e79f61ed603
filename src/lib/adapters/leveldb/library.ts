import type { ClassicLevel, OpenOptions } from "classic-level";
import { t } from "../../text.js";
import { NotWritten } from "../user-files/unfit.js";

export type Level = ClassicLevel<Buffer, Buffer>;

/**
 * Opens a store in a folder of our own. Never one of a user: LevelDB follows links, and writes as it opens.
 *
 * @throws NotWritten refused where the library has no binary
 */
export async function openLevel(folder: string, options: OpenOptions & { createIfMissing: boolean }): Promise<Level> {
	if (process.platform === "win32" && process.arch !== "x64") {
		throw new NotWritten("refused", t`cfm cannot write this browser's storage on Windows ${process.arch}.`);
	}
	const { ClassicLevel } = await import("classic-level");
	const level = new ClassicLevel<Buffer, Buffer>(folder, {
		keyEncoding: "buffer",
		valueEncoding: "buffer",
		...options,
	});
	await level.open();
	return level;
}
