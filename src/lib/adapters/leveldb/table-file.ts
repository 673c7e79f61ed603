import { uncompress } from "snappyjs";
import { t } from "../../text.js";
import { crc32c, masked } from "./crc32c.js";
import { Cursor } from "./cursor.js";
import { DamagedError } from "./damaged.js";

const footerSize = 48;
const trailerSize = 5;
const magic = Buffer.from("57fb808b247547db", "hex");
/** More than Chromium lets a site store; a length beyond it is damage. */
const longestBlock = 64 << 20;

/** One entry of a table or a log; `value` is undefined for "deleted". The higher sequence counts. */
export interface Entry {
	key: Buffer;
	sequence: number;
	value: Buffer | undefined;
}

/** Where a table's bytes come from. */
export interface TableBytes {
	name: string;
	size: number;
	/** @throws ChangedError when there are fewer */
	read(at: number, length: number): Buffer;
}

interface Handle {
	at: number;
	size: number;
	/** User keys in this block are not above it. */
	upTo: Buffer;
}

/** A table file (`*.ldb`): sorted blocks, an index of them, a footer. Each block is checked before it is believed. */
export class TableFile {
	private readonly index: Handle[];

	/** @throws DamagedError */
	constructor(private readonly bytes: TableBytes) {
		const { name, size } = bytes;
		if (size < footerSize) throw new DamagedError(t`${name}: too short for a table`);
		const footer = bytes.read(size - footerSize, footerSize);
		if (!footer.subarray(40).equals(magic)) throw new DamagedError(t`${name}: not a table`);
		const cursor = new Cursor(footer.subarray(0, 40), name);
		const meta = { at: cursor.number(), size: cursor.number() };
		const index = { at: cursor.number(), size: cursor.number() };
		this.meta = meta;
		this.index = [...this.entriesOf(index)].map(({ key, value }) => {
			const handle = new Cursor(value, name);
			return { at: handle.number(), size: handle.number(), upTo: key.subarray(0, -8) };
		});
	}

	private readonly meta: { at: number; size: number };

	/** The newest entry of a key in this table. @throws DamagedError */
	find(key: Buffer): Entry | undefined {
		const handle = this.index.find(({ upTo }) => Buffer.compare(upTo, key) >= 0);
		if (handle === undefined) return undefined;
		// Of one key the newest entry stands first.
		for (const entry of this.entries(handle)) if (entry.key.equals(key)) return entry;
		return undefined;
	}

	/** All entries, block by block. */
	*all(): Generator<Entry> {
		for (const handle of this.index) yield* this.entries(handle);
	}

	/** Checks everything the file holds. @throws DamagedError */
	check(): void {
		for (const handle of [this.meta, ...this.index]) this.block(handle);
		if (this.meta.size > 8) {
			// The filter says which keys are not there: damaged, it would hide values from LevelDB.
			for (const { value } of this.entriesOf(this.meta)) {
				const handle = new Cursor(value, this.bytes.name);
				this.block({ at: handle.number(), size: handle.number() });
			}
		}
	}

	private *entries(handle: Handle): Generator<Entry> {
		for (const { key, value } of this.entriesOf(handle)) {
			if (key.length < 8) throw new DamagedError(t`${this.bytes.name}: a key without a sequence`);
			const packed = key.readBigUInt64LE(key.length - 8);
			const kind = Number(packed & 255n);
			if (kind > 1) throw new DamagedError(t`${this.bytes.name}: an entry of unknown kind (${kind})`);
			yield {
				key: key.subarray(0, -8),
				sequence: Number(packed >> 8n),
				value: kind === 1 ? value : undefined,
			};
		}
	}

	/** Keys are told by what they share with the one before. */
	private *entriesOf(handle: { at: number; size: number }): Generator<{ key: Buffer; value: Buffer }> {
		const { name } = this.bytes;
		const block = this.block(handle);
		const restarts = block.length < 4 ? Number.POSITIVE_INFINITY : block.readUInt32LE(block.length - 4);
		const end = block.length - 4 - 4 * restarts;
		if (end < 0) throw new DamagedError(t`${name}: a block without an end`);
		const cursor = new Cursor(block.subarray(0, end), name);
		let key = Buffer.alloc(0);
		while (!cursor.isAtEnd) {
			const [shared, rest, length] = [cursor.number(), cursor.number(), cursor.number()];
			if (shared > key.length) throw new DamagedError(t`${name}: a key that shares too much`);
			key = Buffer.concat([key.subarray(0, shared), cursor.take(rest)]);
			yield { key, value: cursor.take(length) };
		}
	}

	private block({ at, size }: { at: number; size: number }): Buffer {
		const { name } = this.bytes;
		if (size > longestBlock || at + size + trailerSize > this.bytes.size - footerSize) {
			throw new DamagedError(t`${name}: a block outside the file`);
		}
		const bytes = this.bytes.read(at, size + trailerSize);
		if (masked(crc32c(bytes, 0, size + 1)) !== bytes.readUInt32LE(size + 1)) {
			throw new DamagedError(t`${name}: a wrong checksum at byte ${at}`);
		}
		const content = bytes.subarray(0, size);
		if (bytes[size] === 0) return content;
		if (bytes[size] !== 1) throw new DamagedError(t`${name}: compressed in an unknown way (${bytes[size] ?? 0})`);
		try {
			return Buffer.from(uncompress(content, longestBlock));
		} catch (error) {
			throw new DamagedError(t`${name}: a block that cannot be uncompressed (${String(error)})`);
		}
	}
}
