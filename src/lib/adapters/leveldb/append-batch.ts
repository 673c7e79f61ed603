import { batchOf } from "./batch.js";
import type { KeyRange } from "./key-ranges.js";
import { logOf } from "./log-file.js";
import type { StoreReader } from "./store-reader.js";

/** A change of a store. */
export interface LevelEdit {
	put: [Buffer, Buffer][];
	delete: Buffer[];
	/** Keys of which no older value may stay behind in the files, unless they are put anew. */
	purge: KeyRange[];
}

/** A log of its own with one write in it: above all sequence numbers, so that it is the newest. */
export function appendedLog(reader: StoreReader, edit: Pick<LevelEdit, "put" | "delete">): Buffer {
	const entries = [
		...edit.delete.map((key) => ({ key, value: undefined })),
		...edit.put.map(([key, value]) => ({ key, value })),
	];
	return logOf([batchOf(reader.lastSequence + 1, entries)]);
}
