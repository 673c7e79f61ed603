import { crc32c, masked } from "./crc32c.js";
import { varint } from "./numbers.js";
import { type Entry, footerSize, magic, restartInterval } from "./table-file.js";

const blockSize = 4096;

/**
 * A table file of these entries, as LevelDB writes it (table/table_builder.cc), uncompressed and without a filter.
 *
 * @param entries sorted, of one key the newest first; at least one
 */
export function tableOf(entries: Iterable<Entry>): { bytes: Buffer; smallest: Buffer; largest: Buffer } {
	const parts: Buffer[] = [];
	let at = 0;
	/** @returns where it stands: position and length, as the index and the footer say it */
	const put = (block: Buffer) => {
		const handle = Buffer.concat([varint(at), varint(block.length)]);
		const trailer = Buffer.alloc(5);
		const whole = Buffer.concat([block, trailer]);
		whole.writeUInt32LE(masked(crc32c(whole, 0, block.length + 1)), block.length + 1);
		parts.push(whole);
		at += whole.length;
		return handle;
	};
	const index = new Block(1);
	let block = new Block(restartInterval);
	let [smallest, largest]: (Buffer | undefined)[] = [];
	const flush = () => {
		if (largest !== undefined && block.size > 0) index.add(largest, put(block.finish()));
		block = new Block(restartInterval);
	};
	for (const entry of entries) {
		largest = internalKey(entry);
		smallest ??= largest;
		block.add(largest, entry.value ?? Buffer.alloc(0));
		if (block.size >= blockSize) flush();
	}
	flush();
	if (smallest === undefined || largest === undefined) throw new Error("a table without an entry");
	const handles = Buffer.concat([put(new Block(1).finish()), put(index.finish())]);
	parts.push(Buffer.concat([handles], footerSize - magic.length), magic);
	return { bytes: Buffer.concat(parts), smallest, largest };
}

/** The key with sequence and kind behind it, as tables hold it. */
function internalKey({ key, sequence, value }: Entry): Buffer {
	const end = Buffer.alloc(8);
	end.writeBigUInt64LE((BigInt(sequence) << 8n) | (value === undefined ? 0n : 1n));
	return Buffer.concat([key, end]);
}

/** Keys and values; a key is told by what it shares with the one before, but for every `interval`th. */
class Block {
	private readonly parts: Buffer[] = [];
	private readonly restarts: number[] = [0];
	private last: Buffer = Buffer.alloc(0);
	private count = 0;
	size = 0;

	constructor(private readonly interval: number) {}

	add(key: Buffer, value: Buffer): void {
		const isRestart = this.count % this.interval === 0;
		if (isRestart && this.count > 0) this.restarts.push(this.size);
		let shared = 0;
		while (!isRestart && shared < key.length && key[shared] === this.last[shared]) shared += 1;
		const entry = Buffer.concat([
			...[shared, key.length - shared, value.length].map(varint),
			key.subarray(shared),
			value,
		]);
		this.parts.push(entry);
		this.size += entry.length;
		this.last = key;
		this.count += 1;
	}

	finish(): Buffer {
		const end = Buffer.alloc(4 * (this.restarts.length + 1));
		for (const [at, restart] of this.restarts.entries()) end.writeUInt32LE(restart, 4 * at);
		end.writeUInt32LE(this.restarts.length, 4 * this.restarts.length);
		return Buffer.concat([...this.parts, end]);
	}
}
