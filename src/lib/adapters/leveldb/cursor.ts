import { PbfReader } from "pbf";
import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";

/** Reads LevelDB's numbers and texts one after another. Its variable-length numbers are protobuf's. */
export class Cursor {
	private readonly reader: PbfReader;

	constructor(
		private readonly bytes: Buffer,
		private readonly name: string,
		at = 0,
	) {
		this.reader = new PbfReader(bytes);
		this.reader.pos = at;
	}

	get at(): number {
		return this.reader.pos;
	}

	get isAtEnd(): boolean {
		return this.at >= this.bytes.length;
	}

	/** @throws DamagedError past the end, or for a number that no file of LevelDB holds */
	number(): number {
		// The library reads on past the end and throws for a number of more than ten bytes.
		try {
			const value = this.reader.readVarint();
			if (this.at > this.bytes.length || !Number.isSafeInteger(value)) throw new Error("past the end");
			return value;
		} catch (error) {
			throw new DamagedError(t`${this.name}: no number at byte ${this.at} (${String(error)})`);
		}
	}

	take(length: number): Buffer {
		const { at } = this;
		if (at + length > this.bytes.length) throw new DamagedError(t`${this.name}: ends too soon`);
		this.reader.pos = at + length;
		return this.bytes.subarray(at, at + length);
	}

	text(): Buffer {
		return this.take(this.number());
	}
}
