/**
 * The disk of the power-loss model: replays what `powerloss.c` noted and builds what the disk could hold after the
 * power went out.
 *
 * Only synced bytes are certain. Since a file's last sync each sector may have been written back at any moment, each
 * at its own: so in the image a sector holds what it held at some moment since then. Sectors are never torn inside.
 * The size is metadata, and so is one of the sizes since the last sync, whatever the data did.
 *
 * Directory entries (a file made, renamed or removed) are certain only once the *directory* was synced; syncing the
 * file does not help, as POSIX has it and ext4 does not. Entries that were not synced survive in order, a renaming as
 * one: some first ones do and the rest do not, as with every journaling file system.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

/** @typedef {import("../harness.mjs").Random} Random */

/**
 * @typedef {object} Note one noted operation; the kinds are in powerloss.c
 * @property {string} kind
 * @property {boolean} created
 * @property {bigint} time
 * @property {bigint} inode
 * @property {number} offset
 * @property {Buffer} data
 */

const magic = 0x544c5750;
const headSize = 36;

/**
 * Reads the journals of all processes into one order.
 *
 * @param {string} folder
 * @returns {{ notes: Note[], last: Note[] }} `last` holds the last note of each process, which a kill may have kept
 *   from being carried out
 */
export function readJournals(folder) {
	/** @type {Note[]} */
	const notes = [];
	/** @type {Note[]} */
	const last = [];
	for (const name of readdirSync(folder)) {
		const own = readJournal(readFileSync(join(folder, name)));
		for (const note of own) notes.push(note);
		const final = own.findLast((note) => note.kind !== "S");
		if (final) last.push(final);
	}
	notes.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
	return { notes, last };
}

/**
 * @param {Buffer} bytes
 * @returns {Note[]}
 */
function readJournal(bytes) {
	/** @type {Note[]} */
	const notes = [];
	for (let at = 0; at + headSize <= bytes.length; ) {
		if (bytes.readUInt32LE(at) !== magic) throw new Error("powerloss: a journal is damaged");
		const length = bytes.readUInt32LE(at + 32);
		if (at + headSize + length > bytes.length) break; // torn by the kill: never carried out
		notes.push({
			kind: String.fromCharCode(bytes.readUInt8(at + 4)),
			created: bytes.readUInt8(at + 5) === 1,
			time: bytes.readBigUInt64LE(at + 8),
			inode: bytes.readBigUInt64LE(at + 16),
			offset: Number(bytes.readBigUInt64LE(at + 24)),
			data: bytes.subarray(at + headSize, at + headSize + length),
		});
		at += headSize + length;
	}
	return notes;
}

/** Bytes of a file; what was never written, or was cut off, reads as zero. */
class Bytes {
	size = 0;
	#buffer = Buffer.alloc(1 << 16);

	/** @param {Buffer} [content] */
	constructor(content) {
		if (content) this.write(0, content);
	}

	/**
	 * @param {number} offset
	 * @param {Buffer} data
	 */
	write(offset, data) {
		this.#reserve(offset + data.length);
		data.copy(this.#buffer, offset);
		this.size = Math.max(this.size, offset + data.length);
	}

	/** @param {number} length */
	truncate(length) {
		this.#reserve(length);
		if (length < this.size) this.#buffer.fill(0, length, this.size);
		this.size = length;
	}

	content() {
		return this.#buffer.subarray(0, this.size);
	}

	/** @param {number} length */
	#reserve(length) {
		if (length <= this.#buffer.length) return;
		const larger = Buffer.alloc(Math.max(length, 2 * this.#buffer.length));
		this.#buffer.copy(larger, 0, 0, this.size);
		this.#buffer = larger;
	}
}

/** One file (an inode), as the process sees it and as far as the disk is certain to have it. */
class File {
	seen = new Bytes();
	durable = new Bytes();
	/** @type {Note[]} writes and truncations since the last sync */
	pending = [];

	/** @param {Note} note */
	change(note) {
		carryOut(this.seen, note);
		this.pending.push(note);
	}

	sync() {
		for (const note of this.pending) carryOut(this.durable, note);
		this.pending = [];
	}
}

/**
 * @param {Bytes} bytes
 * @param {Note} note
 */
function carryOut(bytes, note) {
	if (note.kind === "W") bytes.write(note.offset, note.data);
	else bytes.truncate(note.offset);
}

/** @typedef {{ name: string, file: File | undefined }} Entry a name that points to a file from now on, or to none */

export class Disk {
	/** @type {Map<bigint, File | undefined>} undefined: a file that is not modelled */
	#files = new Map();
	/** @type {Map<string, File>} */
	#names = new Map();
	/** @type {Map<string, File>} */
	#durableNames = new Map();
	/** @type {Entry[][]} each inner list happens as one */
	#pendingNames = [];
	#folder;
	#folderInode;

	/**
	 * @param {string} folder everything in it counts as durable
	 */
	constructor(folder) {
		this.#folder = folder;
		this.#folderInode = statSync(folder, { bigint: true }).ino;
		for (const name of readdirSync(folder)) {
			if (!isModelled(name)) continue;
			const path = join(folder, name);
			const file = new File();
			const content = readFileSync(path);
			file.seen.write(0, content);
			file.durable.write(0, content);
			this.#files.set(statSync(path, { bigint: true }).ino, file);
			this.#names.set(name, file);
			this.#durableNames.set(name, file);
		}
	}

	/** How many bytes the power cut puts at stake. */
	get unsynced() {
		let bytes = 0;
		for (const file of this.#names.values()) for (const note of file.pending) bytes += note.data.length;
		return bytes;
	}

	/** @param {Note[]} notes */
	replay(notes) {
		for (const note of notes) this.#replay(note);
	}

	/** @param {Note} note */
	#replay(note) {
		const file = this.#files.get(note.inode);
		switch (note.kind) {
			case "O":
				this.#open(note);
				break;
			case "W":
			case "T":
				file?.change(note);
				break;
			case "S":
				if (note.inode !== this.#folderInode) file?.sync();
				else this.#syncNames();
				break;
			case "R": {
				const [from = "", to = ""] = note.data.toString().split("\0");
				const file = this.#names.get(basename(from));
				this.#point({ name: basename(from), file: undefined }, { name: basename(to), file });
				break;
			}
			case "L": {
				const [from = "", to = ""] = note.data.toString().split("\0");
				this.#point({ name: basename(to), file: this.#names.get(basename(from)) });
				break;
			}
			case "U":
				this.#point({ name: basename(note.data.toString()), file: undefined });
				break;
			default:
				throw new Error(`powerloss: an operation failed or is not modelled: ${note.data}`);
		}
	}

	/** @param {Note} note */
	#open(note) {
		if (note.inode === this.#folderInode) return;
		const name = basename(note.data.toString());
		// A number comes back for another file once the first is gone; and two processes may both think they made one.
		const alreadyMade = this.#names.has(name) && this.#names.get(name) === this.#files.get(note.inode);
		if (this.#files.has(note.inode) && (!note.created || alreadyMade)) return;
		const file = isModelled(name) ? new File() : undefined;
		this.#files.set(note.inode, file);
		if (file) this.#point({ name, file });
	}

	/** @param {Entry[]} entries */
	#point(...entries) {
		const changes = entries.filter(({ name, file }) => isModelled(name) && (file || this.#names.has(name)));
		for (const entry of changes) set(this.#names, entry);
		this.#pendingNames.push(changes);
	}

	#syncNames() {
		for (const entry of this.#pendingNames.flat()) set(this.#durableNames, entry);
		this.#pendingNames = [];
	}

	/**
	 * Proves the notes complete: the replayed files must be the real ones, but for what a process was at when it died.
	 *
	 * @param {Note[]} last
	 */
	mustEqual(last) {
		const found = this.#differences(last);
		if (found.length > 0) throw new Error(`the model missed something in ${this.#folder}: ${found.join("; ")}`);
	}

	/** @param {Note[]} last */
	#differences(last) {
		const real = readdirSync(this.#folder).filter(isModelled);
		const underWay = new Set(last.filter((note) => "ORLU".includes(note.kind)).flatMap(namesOf));
		const found = [];
		for (const name of new Set([...real, ...this.#names.keys()])) {
			const file = this.#names.get(name);
			const content = real.includes(name) ? readFileSync(join(this.#folder, name)) : undefined;
			if (underWay.has(name)) continue;
			// An empty file that is there but not replayed was made by the very last call.
			if (!file && content?.length === 0) continue;
			if (!file || !content) found.push(`${name} is ${file ? "replayed but not there" : "there but not replayed"}`);
			else {
				const changes = last.filter((note) => this.#files.get(note.inode) === file);
				const at = firstDifference(content, file.seen.content(), changes);
				if (at >= 0) found.push(`${name} differs at byte ${at}`);
			}
		}
		return found;
	}

	/**
	 * What the disk holds after the cut: one of the many possible images.
	 *
	 * @param {Random} random
	 * @returns {Map<string, Buffer>}
	 */
	image(random) {
		const sector = random.pick([512, 4096]);
		const names = new Map(this.#durableNames);
		const kept = random.pick([0, this.#pendingNames.length, random.below(this.#pendingNames.length + 1)]);
		for (const entry of this.#pendingNames.slice(0, kept).flat()) set(names, entry);
		return new Map(Array.from(names, ([name, file]) => [name, surviving(file, sector, random).content()]));
	}
}

/**
 * The -shm file is shared memory with a name: never synced, rebuilt by whoever opens the database first.
 *
 * @param {string} name
 */
function isModelled(name) {
	return !name.endsWith("-shm");
}

/**
 * @param {Map<string, File>} names
 * @param {Entry} entry
 */
function set(names, { name, file }) {
	if (file) names.set(name, file);
	else names.delete(name);
}

/**
 * @param {Note} note
 * @returns {string[]}
 */
function namesOf(note) {
	return note.data
		.toString()
		.split("\0")
		.map((path) => basename(path));
}

/**
 * @param {Buffer} real
 * @param {Buffer} replayed
 * @param {Note[]} underWay changes that may or may not have been carried out
 * @returns {number} -1 when there is none
 */
function firstDifference(real, replayed, underWay) {
	if (real.equals(replayed)) return -1;
	if (underWay.length === 0 && real.length !== replayed.length) return Math.min(real.length, replayed.length);
	for (let at = 0; at < Math.min(real.length, replayed.length); at++) {
		if (real[at] !== replayed[at] && !underWay.some((note) => reaches(note, at))) return at;
	}
	return -1;
}

/**
 * @param {Note} note
 * @param {number} at
 */
function reaches({ kind, offset, data }, at) {
	return at >= offset && (kind === "T" || at < offset + data.length);
}

/**
 * What survives of a file: nothing that was not synced, all of it, everything up to a moment with the write of that
 * moment torn, or each sector as it was at its own moment.
 *
 * @param {File} file
 * @param {number} sector
 * @param {Random} random
 * @returns {Bytes}
 */
function surviving(file, sector, random) {
	const bytes = new Bytes(file.durable.content());
	const { pending } = file;
	if (pending.length === 0) return bytes;
	switch (random.pick(["lost", "kept", "cut", "cut", "scattered", "scattered"])) {
		case "lost":
			break;
		case "kept":
			for (const note of pending) carryOut(bytes, note);
			break;
		case "cut": {
			const moment = random.below(pending.length);
			for (const note of pending.slice(0, moment)) carryOut(bytes, note);
			const torn = pending[moment];
			if (torn?.kind !== "W") break;
			for (const { offset, data } of sectorsOf(torn, sector)) if (random.below(2)) bytes.write(offset, data);
			break;
		}
		default:
			scatter(bytes, file, sector, random);
	}
	return bytes;
}

/**
 * @param {Bytes} bytes
 * @param {File} file
 * @param {number} sector
 * @param {Random} random
 */
function scatter(bytes, file, sector, random) {
	/** @type {Map<number, number>} how many of a sector's writes reached the disk */
	const written = new Map();
	const writes = file.pending.flatMap((note, at) =>
		note.kind === "W" ? sectorsOf(note, sector).map((part) => ({ ...part, at })) : [],
	);
	for (const { number } of writes) written.set(number, (written.get(number) ?? 0) + 1);
	// In half of the images most sectors made it: a few holes in an otherwise good file are the harder case.
	const mostly = random.below(2) === 1;
	for (const [number, count] of written) {
		written.set(number, mostly && random.below(8) ? count : random.below(count + 1));
	}
	const moment = random.below(file.pending.length + 1);
	let size = bytes.size;
	let next = 0;
	for (const [at, note] of file.pending.entries()) {
		for (; writes[next]?.at === at; next++) {
			const { number, offset, data } = /** @type {Part} */ (writes[next]);
			const left = written.get(number) ?? 0;
			written.set(number, left - 1);
			if (left > 0) bytes.write(offset, data);
		}
		if (at >= moment) continue;
		if (note.kind === "T") bytes.truncate(note.offset);
		size = note.kind === "T" ? note.offset : Math.max(size, note.offset + note.data.length);
	}
	bytes.truncate(size);
}

/** @typedef {{ number: number, offset: number, data: Buffer }} Part */

/**
 * A write, sector by sector.
 *
 * @param {Note} note
 * @param {number} sector
 * @returns {Part[]}
 */
function sectorsOf({ offset, data }, sector) {
	const parts = [];
	for (let at = 0; at < data.length; ) {
		const number = Math.floor((offset + at) / sector);
		const end = Math.min(data.length, (number + 1) * sector - offset);
		parts.push({ number, offset: offset + at, data: data.subarray(at, end) });
		at = end;
	}
	return parts;
}

/**
 * @param {string} folder
 * @returns {Map<string, Buffer>} its files, without shared memory
 */
export function readFiles(folder) {
	const names = readdirSync(folder).filter(isModelled);
	return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

/**
 * @param {Map<string, Buffer>} image
 * @param {string} folder
 */
export function writeImage(image, folder) {
	for (const [name, content] of image) writeFileSync(join(folder, name), content, { mode: 0o600 });
}
