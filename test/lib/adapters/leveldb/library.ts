import { ClassicLevel, type OpenOptions } from "classic-level";

export type Level = ClassicLevel<Buffer, Buffer>;

/** LevelDB itself: makes the stores that are read, and says what is in those that were written. */
export async function openLevel(folder: string, options: OpenOptions & { createIfMissing: boolean }): Promise<Level> {
	const level = new ClassicLevel<Buffer, Buffer>(folder, {
		keyEncoding: "buffer",
		valueEncoding: "buffer",
		...options,
	});
	await level.open();
	return level;
}
