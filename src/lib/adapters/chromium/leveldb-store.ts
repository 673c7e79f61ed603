import { PbfWriter } from "pbf";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type ReadRequest, type StoreReading, type WebValue, webIdKey } from "../../webid/ports.js";
import { ChangedError, DamagedError } from "../leveldb/damaged.js";
import { FolderFiles } from "../leveldb/folder-files.js";
import type { Level } from "../leveldb/library.js";
import { readPatiently, StoreReader } from "../leveldb/store-reader.js";
import { copyStore, type LevelEdit, putStoreBack, writeStore } from "../leveldb/store-writer.js";
import type { AreaEdit, LiveStore, WriteOptions } from "../user-files/live-store.js";
import { newestChange } from "../user-files/newest-change.js";
import { Unfit } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { accessKey, areaEnd, areaPrefix, entryKey, isOrigin, metaKey, originOfKey, webIdEnding } from "./origin-key.js";
import { decodeText, encodeText } from "./text.js";
import { chromiumTime } from "./time.js";

const versionKey = Buffer.from("VERSION");

/** Chromium's older store, and still the default of most: `Local Storage/leveldb`. */
export class LevelDbStore implements LiveStore {
	readonly kind = "leveldb";

	constructor(
		private readonly folder: UserFolder,
		/** A browser that writes leaves the end of its log unfinished at any moment. */
		private readonly isRunning: () => boolean,
	) {}

	async read(request: ReadRequest): Promise<StoreReading> {
		return this.reading((reader) => {
			const { values, damage } =
				request.origins === "all"
					? discovered(reader)
					: { values: request.origins.map((origin) => ({ origin, value: webId(reader, origin) })), damage: [] };
			const unread = [...damage, ...values.map(({ value }) => (value.known ? "" : value.why))].find(Boolean);
			const unfinished = reader.whole || this.isRunning() ? undefined : t`the last log ends in the middle of a write`;
			const why = unread ?? unfinished ?? null;
			const modified = newestChange(this.folder);
			return { store: this.kind, state: why === null ? "readable" : "damaged", why, modified, values };
		});
	}

	async entries(origin: string): Promise<(readonly [string, string])[]> {
		const prefix = areaPrefix(origin);
		return this.reading((reader) => {
			const { values, damage } = reader.scan((key) => startsWith(key, prefix));
			if (damage[0] !== undefined) throw new DamagedError(damage[0]);
			return [...values].map(([key, value]) => {
				if (!value.known) throw new DamagedError(value.why);
				return [decodeText(Buffer.from(key, "latin1").subarray(prefix.length)), decodeText(value.value)] as const;
			});
		});
	}

	async write(edits: readonly AreaEdit[], { now, keep, guard }: WriteOptions): Promise<void> {
		await writeStore(this.folder, { keep, guard, edit: (level) => levelEdit(level, edits, now) });
	}

	async copyTo(keep: string): Promise<void> {
		copyStore(this.folder, keep);
	}

	async putBack(keep: string, options: Pick<WriteOptions, "guard">): Promise<void> {
		await putStoreBack(this.folder, keep, options);
	}

	private reading<T>(read: (reader: StoreReader) => T): T {
		try {
			return readPatiently(() => {
				const files = new FolderFiles(this.folder);
				try {
					const reader = new StoreReader(files);
					refuseOtherVersion(reader.get(versionKey));
					return read(reader);
				} finally {
					files.close();
				}
			});
		} catch (error) {
			if (error instanceof DamagedError) throw new Unfit("damaged", error.message);
			if (error instanceof ChangedError) throw new Unfit("damaged", t`${this.folder.path}: ${error.message}`);
			throw error;
		}
	}
}

/** What the library is told to change. @throws Unfit unsupported */
export async function levelEdit(level: Level, edits: readonly AreaEdit[], now: Date): Promise<LevelEdit> {
	const change: LevelEdit = { put: [], delete: [], compact: [] };
	refuseOtherVersion(known((await level.get(versionKey)) ?? null));
	for (const edit of edits) {
		const { origin } = edit;
		const prefix = areaPrefix(origin);
		const area = new Map<string, Buffer>();
		for await (const [key, value] of level.iterator({ gte: prefix, lt: areaEnd(origin) })) {
			area.set(key.toString("latin1"), value);
		}
		const set = new Map(edit.set.map(([key, value]) => [keyOf(origin, key), encodeText(value)]));
		const remove = edit.clear ? [...area.keys()] : edit.remove.map((key) => keyOf(origin, key));
		for (const key of remove) {
			if (!area.delete(key) || set.has(key)) continue;
			change.delete.push(Buffer.from(key, "latin1"));
			change.compact.push([prefix, areaEnd(origin)]);
		}
		for (const [key, value] of set) {
			area.set(key, value);
			change.put.push([Buffer.from(key, "latin1"), value]);
		}
		if (area.size === 0) change.delete.push(metaKey(origin), accessKey(origin));
		else {
			const size = [...area].reduce((sum, [key, value]) => sum + key.length - prefix.length + value.length, 0);
			change.put.push([metaKey(origin), message(chromiumTime(now), size)]);
			change.put.push([accessKey(origin), message(chromiumTime(now))]);
		}
	}
	// One compaction an area is enough.
	change.compact = [...new Map(change.compact.map((range) => [range[0].toString("latin1"), range])).values()];
	return change;
}

/** `components/services/storage/dom_storage/local_storage_database.proto` of Chromium: a time, a size. */
function message(time: bigint, size?: number): Buffer {
	const writer = new PbfWriter();
	writer.writeVarintField(1, Number(time));
	if (size !== undefined) writer.writeVarintField(2, size);
	return Buffer.from(writer.finish());
}

const keyOf = (origin: string, key: string) => entryKey(origin, key).toString("latin1");

function webId(reader: StoreReader, origin: string): Known<string | null> {
	return decoded(reader.get(entryKey(origin, webIdKey)));
}

function discovered(reader: StoreReader): { values: WebValue[]; damage: string[] } {
	const { values, damage } = reader.scan(
		(key) => originOfKey(key) !== undefined && key.subarray(key.indexOf(0)).equals(webIdEnding),
	);
	const found = [...values].map(([key, value]) => ({
		origin: originOfKey(Buffer.from(key, "latin1")) as string,
		value: decoded(value),
	}));
	return { values: found.filter(({ origin }) => isOrigin(origin)), damage };
}

function decoded(bytes: Known<Buffer | null>): Known<string | null> {
	if (!bytes.known) return bytes;
	try {
		return known(bytes.value === null ? null : decodeText(bytes.value));
	} catch (error) {
		return unknown(String((error as Error).message));
	}
}

function refuseOtherVersion(version: Known<Buffer | null>): void {
	if (!version.known) throw new DamagedError(version.why);
	const text = version.value?.toString("latin1") ?? "1";
	if (text !== "1")
		throw new Unfit("unsupported", t`the store has version ${text}, which this version of cfm does not support`);
}

function startsWith(key: Buffer, prefix: Buffer): boolean {
	return key.length >= prefix.length && key.compare(prefix, 0, prefix.length, 0, prefix.length) === 0;
}
