import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";
import { Cursor } from "./cursor.js";
import { lengthAnd } from "./numbers.js";
import { type Entry, lastOfAll } from "./table-file.js";

const headerSize = 12;
const [deletion, value] = [0, 1];

/**
 * What one write put into a log: LevelDB's db/write_batch.cc.
 *
 * @returns the number of its first entry, how many there are, and them; each number is one higher than the one before
 * @throws DamagedError, also while the entries are read
 */
export function batchEntries(record: Buffer, name: string) {
	if (record.length < headerSize) throw new DamagedError(t`${name}: a write of ${record.length} bytes`);
	const sequence = Number(record.readBigUInt64LE(0));
	const count = record.readUInt32LE(8);
	if (sequence + count >= lastOfAll) throw new DamagedError(t`${name}: a sequence number that no browser reaches`);
	return { sequence, count, entries: entriesOf(record, name, sequence, count) };
}

function* entriesOf(record: Buffer, name: string, sequence: number, count: number): Generator<Entry> {
	const cursor = new Cursor(record, name, headerSize);
	for (let n = 0; n < count; n += 1) {
		const kind = cursor.take(1)[0];
		if (kind !== deletion && kind !== value) {
			throw new DamagedError(t`${name}: an entry of unknown kind (${String(kind)})`);
		}
		yield { key: cursor.text(), sequence: sequence + n, value: kind === value ? cursor.text() : undefined };
	}
	if (!cursor.isAtEnd) throw new DamagedError(t`${name}: a write with something behind it`);
}

/** A write of these entries. @param sequence the number of the first */
export function batchOf(sequence: number, entries: readonly { key: Buffer; value: Buffer | undefined }[]): Buffer {
	const header = Buffer.alloc(headerSize);
	header.writeBigUInt64LE(BigInt(sequence));
	header.writeUInt32LE(entries.length, 8);
	return Buffer.concat([
		header,
		...entries.flatMap(({ key, value: content }) =>
			content === undefined
				? [Buffer.of(deletion), lengthAnd(key)]
				: [Buffer.of(value), lengthAnd(key), lengthAnd(content)],
		),
	]);
}
