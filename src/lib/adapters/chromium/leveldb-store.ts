import { PbfWriter } from "pbf";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type AreaValue, type ReadRequest, type StoreReading, type WebValue, webIdKey } from "../../webid/stores.js";
import type { LevelEdit } from "../leveldb/append-batch.js";
import { FolderFiles } from "../leveldb/folder-files.js";
import { copyStore, putStoreBack } from "../leveldb/keep-store.js";
import { type KeyRange, only } from "../leveldb/key-ranges.js";
import { repairStore, salvageOf } from "../leveldb/repair-store.js";
import { type Found, readPatiently, StoreReader } from "../leveldb/store-reader.js";
import { writeStore } from "../leveldb/store-writer.js";
import { ChangedError, DamagedError } from "../user-files/damaged.js";
import type { KeepFolder } from "../user-files/keep-folder.js";
import type { AreaEdit, LiveStore, PutBackOptions, Repair, WriteOptions } from "../user-files/live-store.js";
import { newestChange } from "../user-files/newest-change.js";
import { Unfit } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import {
	accessKey,
	areaEnd,
	areaOfKey,
	areaPrefix,
	areasOf,
	entryKey,
	metaKey,
	originOfKey,
	webIdEnding,
} from "./origin-key.js";
import { decodeText, encodeText } from "./text.js";
import { chromiumTime } from "./time.js";

const version = "VERSION";
export const versionKey = Buffer.from(version);
/** Every key of a site, its own and others' areas in it. */
const allAreas: KeyRange = { from: Buffer.from("_"), to: Buffer.from("`") };

/** Before the size of a site, or of an area. */
const metaPrefix = "META:";

const areaOf = (origin: string): KeyRange => ({ from: areaPrefix(origin), to: areaEnd(origin) });

/** Chromium's older store, and still the default of most: `Local Storage/leveldb`. */
export class LevelDbStore implements LiveStore {
	readonly kind = "leveldb";

	constructor(private readonly folder: UserFolder) {}

	async read(request: ReadRequest): Promise<StoreReading> {
		return this.reading((reader) => {
			const { values, areas, damage } =
				request.origins === "all"
					? discovered(reader)
					: { values: webIds(reader, request.origins), ...areasIn(reader, request.origins) };
			const why =
				[...damage, ...[...values, ...areas].map(({ value }) => (value.known ? "" : value.why))].find(Boolean) ?? null;
			const modified = newestChange(this.folder);
			return { store: this.kind, state: why === null ? "readable" : "damaged", why, modified, values, areas };
		});
	}

	async entries(origin: string): Promise<(readonly [string, string])[]> {
		return this.reading((reader) => {
			const prefix = areaPrefix(origin);
			return [...areaIn(reader, origin)].map(
				([key, value]) => [decodeText(Buffer.from(key, "latin1").subarray(prefix.length)), decodeText(value)] as const,
			);
		});
	}

	async write(edits: readonly AreaEdit[], { now, keep, guard }: WriteOptions): Promise<void> {
		await writeStore(this.folder, {
			keep,
			guard,
			edit(reader) {
				const all = edits.map((edit) => siteEdit(edit, areaIn(reader, edit.origin), now));
				return {
					put: all.flatMap(({ put }) => put),
					delete: all.flatMap((one) => one.delete),
					purge: all.flatMap(({ purge }) => purge),
				};
			},
		});
	}

	async repair(): Promise<Repair | undefined> {
		const salvage = salvageOf(this.folder);
		if (salvage === undefined) return undefined;
		const { entries, lost } = salvage;
		const found = entries.find(({ key }) => key.equals(versionKey));
		refuseOtherVersion(found?.value && known(found.value));
		let { lastSequence } = salvage;
		if (found === undefined) {
			lastSequence += 1;
			entries.push({ key: versionKey, sequence: lastSequence, value: Buffer.from("1") });
			entries.sort((a, b) => Buffer.compare(a.key, b.key));
		}
		const own = entries.map(({ key }) => originOfKey(key)).filter((origin) => origin !== undefined);
		return {
			lost,
			values: own.length,
			sites: new Set(own).size,
			carryOut: (options) => repairStore(this.folder, { entries, lastSequence }, options),
		};
	}

	async copyTo(keep: KeepFolder): Promise<void> {
		copyStore(this.folder, keep);
	}

	async putBack(keep: string, options: PutBackOptions): Promise<void> {
		await putStoreBack(this.folder, keep, options);
	}

	private reading<T>(read: (reader: StoreReader) => T): T {
		try {
			return readPatiently(() => {
				return read(new StoreReader(new FolderFiles(this.folder)));
			});
		} catch (error) {
			if (error instanceof DamagedError) throw new Unfit("damaged", error.message);
			if (error instanceof ChangedError) throw new Unfit("damaged", t`${this.folder.path}: ${error.message}`);
			throw error;
		}
	}
}

/**
 * What becomes of one site's entries. Of a site that is cleared no old value may stay behind in the files.
 *
 * @param area the site's entries as they are
 */
export function siteEdit(edit: AreaEdit, area: ReadonlyMap<string, Buffer>, now: Date): LevelEdit {
	const { origin } = edit;
	const change: LevelEdit = { put: [], delete: [], purge: [] };
	const left = new Map(area);
	const set = new Map(edit.set.map(([key, value]) => [keyOf(origin, key), encodeText(value)]));
	if (edit.clear && area.size > 0) change.purge.push(areaOf(origin), only(metaKey(origin)), only(accessKey(origin)));
	for (const key of edit.clear ? area.keys() : edit.remove.map((one) => keyOf(origin, one))) {
		if (left.delete(key) && !set.has(key)) change.delete.push(Buffer.from(key, "latin1"));
	}
	for (const [key, value] of set) {
		left.set(key, value);
		change.put.push([Buffer.from(key, "latin1"), value]);
	}
	if (left.size === 0) change.delete.push(metaKey(origin), accessKey(origin));
	else {
		const prefix = areaPrefix(origin).length;
		const size = [...left].reduce((sum, [key, value]) => sum + key.length - prefix + value.length, 0);
		change.put.push([metaKey(origin), message(chromiumTime(now), size)]);
		change.put.push([accessKey(origin), message(chromiumTime(now))]);
	}
	return change;
}

/** A site's entries. @throws DamagedError when a part that could hold one is damaged */
function areaIn(reader: StoreReader, origin: string): Map<string, Buffer> {
	const { values, damage } = sound(reader.read([areaOf(origin), only(versionKey)]));
	if (damage[0] !== undefined) throw new DamagedError(damage[0].why);
	const area = new Map<string, Buffer>();
	for (const [key, value] of values) {
		if (!value.known) throw new DamagedError(value.why);
		area.set(key, value.value);
	}
	return area;
}

/** `components/services/storage/dom_storage/local_storage_database.proto` of Chromium: a time, a size. */
function message(time: bigint, size?: number): Buffer {
	const writer = new PbfWriter();
	writer.writeVarintField(1, Number(time));
	if (size !== undefined) writer.writeVarintField(2, size);
	return Buffer.from(writer.finish());
}

const keyOf = (origin: string, key: string) => entryKey(origin, key).toString("latin1");

function webIds(reader: StoreReader, origins: readonly string[]): WebValue[] {
	const keys = origins.map((origin) => entryKey(origin, webIdKey));
	const values = reader.get([...keys, versionKey]);
	refuseOtherVersion(values.get(version));
	return origins.map((origin, at) => ({
		origin,
		value: decoded(values.get((keys[at] as Buffer).toString("latin1")) ?? known(null)),
	}));
}

type AreasFound = { areas: AreaValue[]; damage: string[] };

/** The areas of sites: those whose size is noted, and those that have a web ID. */
function areasIn(reader: StoreReader, origins: readonly string[]): AreasFound {
	const ranges = origins.flatMap((origin) => [areasOf("_", origin), areasOf(metaPrefix, origin)]);
	const isSize = (key: Buffer) => key[0] !== 0x5f;
	const { values, damage } = reader.read(ranges, (key) => isSize(key) || isWebId(key));
	const areas = new Map<string, Known<string | null>>();
	for (const [text, value] of values) {
		const key = Buffer.from(text, "latin1");
		const name = areaOfKey(key);
		if (name === undefined) continue;
		if (!isSize(key)) areas.set(name, decoded(value));
		else if (!areas.has(name)) areas.set(name, known(null));
	}
	return { areas: listed(areas), damage: damage.map(({ why }) => why) };
}

function discovered(reader: StoreReader): AreasFound & { values: WebValue[] } {
	const { values, damage } = sound(
		reader.read([allAreas, only(versionKey)], (key) => key.equals(versionKey) || isWebId(key)),
	);
	const found: WebValue[] = [];
	const areas = new Map<string, Known<string | null>>();
	for (const [text, bytes] of values) {
		const key = Buffer.from(text, "latin1");
		const [origin, area] = [originOfKey(key), areaOfKey(key)];
		if (origin !== undefined) found.push({ origin, value: decoded(bytes) });
		else if (area !== undefined) areas.set(area, decoded(bytes));
	}
	return { values: found, areas: listed(areas), damage: damage.map(({ why }) => why) };
}

const isWebId = (key: Buffer) => key.subarray(Math.max(0, key.indexOf(0))).equals(webIdEnding);

const listed = (areas: ReadonlyMap<string, Known<string | null>>): AreaValue[] =>
	[...areas].map(([name, value]) => ({ name, container: null, value }));

function decoded(bytes: Known<Buffer | null>): Known<string | null> {
	if (!bytes.known) return bytes;
	try {
		return known(bytes.value === null ? null : decodeText(bytes.value));
	} catch (error) {
		return unknown(String((error as Error).message));
	}
}

/** What was found in a store of the version we know, without the version itself. @throws DamagedError; Unfit unsupported */
function sound(found: Found): Found {
	refuseOtherVersion(found.values.get(version));
	found.values.delete(version);
	return found;
}

function refuseOtherVersion(found: Known<Buffer | null> | undefined): void {
	if (found?.known === false) throw new DamagedError(found.why);
	const text = found?.value?.toString("latin1") ?? "1";
	if (text !== "1")
		throw new Unfit("unsupported", t`the store has version ${text}, which this version of cfm does not support`);
}
