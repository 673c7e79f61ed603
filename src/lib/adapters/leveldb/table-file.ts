import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";
import type { FileBytes } from "../user-files/file-bytes.js";
import { unsnapped } from "../user-files/unsnapped.js";
import { crc32c, masked } from "./crc32c.js";
import { Cursor } from "./cursor.js";
import type { KeyRanges } from "./key-ranges.js";
import { userKey } from "./manifest.js";

export const footerSize = 48;
const trailerSize = 5;
export const magic = Buffer.from("57fb808b247547db", "hex");
/** More than Chromium lets a site store; a length beyond it is damage. */
const longestBlock = 64 << 20;
/** Every sixteenth key of a block is written whole (LevelDB's `block_restart_interval`, which no browser changes). */
export const restartInterval = 16;
/** Above it LevelDB itself fails, and a number here is not exact. */
export const lastOfAll = 2 ** 53;

/** One entry of a table or a log; `value` is undefined for "deleted". The higher sequence counts. */
export interface Entry {
	key: Buffer;
	sequence: number;
	value: Buffer | undefined;
}

interface Handle {
	at: number;
	size: number;
}

/** A table file (`*.ldb`): sorted blocks, an index of them, a footer. Each block is checked before it is believed. */
export class TableFile {
	private readonly index: Handle;
	private readonly meta: Handle;

	/** @throws DamagedError */
	constructor(private readonly bytes: FileBytes) {
		const { name, size } = bytes;
		if (size < footerSize) throw new DamagedError(t`${name}: too short for a table`);
		const footer = bytes.read(size - footerSize, footerSize);
		if (!footer.subarray(40).equals(magic)) throw new DamagedError(t`${name}: not a table`);
		const cursor = new Cursor(footer.subarray(0, 40), name);
		this.meta = { at: cursor.number(), size: cursor.number() };
		this.index = { at: cursor.number(), size: cursor.number() };
	}

	/**
	 * The entries of some keys, sorted; of one key the newest first. Only blocks that can hold them are read.
	 *
	 * @param ranges all of it without
	 * @param skipped is told of each block that is damaged, which is left out; without it, that is an error
	 * @throws DamagedError
	 */
	*entries(ranges?: KeyRanges, skipped?: (why: string) => void): Generator<Entry> {
		let before: Buffer | undefined;
		let end = 0;
		let last: Entry | undefined;
		for (const { key: upTo, value } of this.entriesOf(this.index)) {
			const cursor = new Cursor(value, this.bytes.name);
			const handle = { at: cursor.number(), size: cursor.number() };
			if (upTo.length < 8) throw this.bad(t`a key without a sequence in the index`);
			// Written one after another: so each byte is read once, whatever an index says.
			if (handle.at < end) throw this.bad(t`blocks lie over each other`);
			end = handle.at + handle.size;
			const [above, below] = [before, userKey(upTo)];
			before = below;
			if (ranges?.meets(above ?? Buffer.alloc(0), below) === false) continue;
			try {
				for (const entry of this.block(handle, below)) {
					if (last !== undefined && !follows(last, entry)) throw this.bad(t`keys are not sorted`);
					last = entry;
					if (ranges?.has(entry.key) !== false) yield entry;
				}
			} catch (error) {
				if (!(error instanceof DamagedError) || skipped === undefined) throw error;
				skipped(error.message);
			}
		}
	}

	/** Checks everything the file holds. @throws DamagedError */
	check(): void {
		for (const _ of this.entries());
		// The filter says which keys are not there: damaged, it would hide values from LevelDB.
		for (const { value } of this.entriesOf(this.meta)) {
			const handle = new Cursor(value, this.bytes.name);
			this.contentOf({ at: handle.number(), size: handle.number() });
		}
	}

	private *block(handle: Handle, upTo: Buffer): Generator<Entry> {
		for (const { key, value } of this.entriesOf(handle)) {
			if (key.length < 8) throw this.bad(t`a key without a sequence`);
			const packed = key.readBigUInt64LE(key.length - 8);
			const kind = Number(packed & 255n);
			const sequence = Number(packed >> 8n);
			if (kind > 1) throw this.bad(t`an entry of unknown kind (${kind})`);
			if (sequence >= lastOfAll) throw this.bad(t`a sequence number that no browser reaches`);
			if (Buffer.compare(userKey(key), upTo) > 0) throw this.bad(t`a key above its block`);
			yield { key: userKey(key), sequence, value: kind === 1 ? value : undefined };
		}
	}

	/** Keys are told by what they share with the one before; LevelDB begins at places that the block's end lists. */
	private *entriesOf(handle: Handle): Generator<{ key: Buffer; value: Buffer }> {
		const { name } = this.bytes;
		const block = this.contentOf(handle);
		const restarts = block.length < 4 ? Number.POSITIVE_INFINITY : block.readUInt32LE(block.length - 4);
		const end = block.length - 4 - 4 * restarts;
		if (end < 0) throw this.bad(t`a block without an end`);
		const cursor = new Cursor(block.subarray(0, end), name);
		let key = Buffer.alloc(0);
		// What keys have in common is not written again: a block of kilobytes could say gigabytes of them.
		let most = restartInterval * block.length;
		let begun = 0;
		while (!cursor.isAtEnd) {
			const isBeginning = begun < restarts && block.readUInt32LE(end + 4 * begun) === cursor.at;
			if (isBeginning) begun += 1;
			const [shared, rest, length] = [cursor.number(), cursor.number(), cursor.number()];
			if (begun === 0 || (isBeginning && shared > 0)) throw this.bad(t`a block without its beginnings`);
			if (shared > key.length) throw this.bad(t`a key that shares too much`);
			most -= shared + rest;
			if (most < 0) throw this.bad(t`keys are longer than any block's`);
			key = Buffer.concat([key.subarray(0, shared), cursor.take(rest)]);
			yield { key, value: cursor.take(length) };
		}
		if (end > 0 && begun < restarts) throw this.bad(t`a block without its beginnings`);
	}

	private contentOf({ at, size }: Handle): Buffer {
		const { bytes } = this;
		if (size > longestBlock || at + size + trailerSize > bytes.size - footerSize) throw this.bad(t`a block outside`);
		const block = bytes.read(at, size + trailerSize);
		if (masked(crc32c(block, 0, size + 1)) !== block.readUInt32LE(size + 1)) {
			throw this.bad(t`a wrong checksum at byte ${at}`);
		}
		const content = block.subarray(0, size);
		if (block[size] === 0) return content;
		if (block[size] !== 1) throw this.bad(t`compressed in an unknown way (${block[size] ?? 0})`);
		try {
			return unsnapped(content, longestBlock);
		} catch (error) {
			throw error instanceof DamagedError ? this.bad(error.message) : error;
		}
	}

	private bad(what: string): DamagedError {
		return new DamagedError(`${this.bytes.name}: ${what}`);
	}
}

/** Whether an entry stands rightly behind another. */
function follows(before: Entry, { key, sequence }: Entry): boolean {
	const order = Buffer.compare(before.key, key);
	return order < 0 || (order === 0 && before.sequence > sequence);
}
