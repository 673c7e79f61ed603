import type { ClassicLevel } from "classic-level";

export type Level = ClassicLevel<Buffer, Buffer>;

/** Opens a store in a folder of our own. Never one of a user: LevelDB follows links, and writes as it opens. */
export async function openLevel(folder: string, options: { createIfMissing: boolean }): Promise<Level> {
	const { ClassicLevel } = await import("classic-level");
	const level = new ClassicLevel<Buffer, Buffer>(folder, {
		keyEncoding: "buffer",
		valueEncoding: "buffer",
		...options,
	});
	await level.open();
	return level;
}
