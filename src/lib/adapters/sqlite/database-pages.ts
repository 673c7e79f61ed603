import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";
import type { FileBytes } from "../user-files/file-bytes.js";
import { journalOverlay } from "./read-journal.js";
import { type Overlay, walOverlay } from "./read-wal.js";

/** A database as its files are: the log of a WAL database, or the journal of a change that was cut short. */
export interface DatabaseFiles {
	main: FileBytes;
	wal?: FileBytes | undefined;
	journal?: FileBytes | undefined;
}

const headerSize = 100;
/** What SQLite takes for the size of a page where neither database nor journal says one. */
const usualPageSize = 4096;
const magic = "SQLite format 3\0";
/** The page that holds this byte is used for locks, never for data. */
const lockByte = 0x40000000;

/**
 * The pages of a database as SQLite would see them after a crash: those of the log's last commit or of a hot journal
 * before those of the file (https://www.sqlite.org/fileformat2.html). Nothing is opened, locked or executed, and no
 * page is given twice: each belongs to one tree, so whatever is built of them is no longer than the file.
 */
export class DatabasePages {
	/** Zero for a file that was made and never written. */
	readonly count: number = 0;
	readonly pageSize: number = 0;
	/** Bytes of a page that hold data. */
	readonly usable: number = 0;
	/** 1: UTF-8, 2: UTF-16 with the lower byte first, 3: the higher. */
	readonly encoding: number = 1;
	readonly userVersion: number = 0;
	private readonly overlay: Overlay | undefined;
	private readonly over: FileBytes | undefined;
	private readonly given = new Set<number>();

	/**
	 * @param isCut whether some of the pages that the file should have may be missing
	 * @throws DamagedError; Unfit unsupported for a journal that names another file
	 */
	constructor(
		private readonly files: DatabaseFiles,
		isCut = false,
	) {
		const { main, wal, journal } = files;
		// SQLite removes what is beside an empty database: nothing of it counts.
		if (main.size === 0) return;
		const standard = main.size < headerSize ? 0 : pageSizeIn(main.read(0, headerSize));
		const hot = journal && journalOverlay(journal, standard || usualPageSize);
		const first = hot?.pages.get(1);
		if (main.size < headerSize && first === undefined) throw this.bad(t`too short for a database`);
		const head = first === undefined ? main.read(0, headerSize) : (journal as FileBytes).read(first, headerSize);
		if (head.toString("latin1", 0, 16) !== magic) throw this.bad(t`not a database`);
		this.pageSize = pageSizeIn(head);
		if (this.pageSize === 0) throw this.bad(t`an impossible page size`);
		if (hot !== undefined && hot.pageSize !== this.pageSize) throw this.bad(t`its journal is of another database`);
		const logged = wal && walOverlay(wal, this.pageSize);
		[this.overlay, this.over] = logged === undefined ? [hot, journal] : [logged, wal];
		const inFile = this.overlay?.count ?? Math.ceil(main.size / this.pageSize);
		this.count = inFile;
		const header = this.look(1).subarray(0, headerSize);
		if (header[21] !== 64 || header[22] !== 32 || header[23] !== 32) throw this.bad(t`an impossible header`);
		if ((header[18] as number) > 2 || (header[19] as number) > 2) throw this.bad(t`a version that does not exist yet`);
		this.usable = this.pageSize - (header[20] as number);
		if (pageSizeIn(header) !== this.pageSize || this.usable < 480) throw this.bad(t`an impossible page size`);
		const told = header.readUInt32BE(28);
		// The figure is one of a writer that keeps it when both counters of changes agree.
		if (told > 0 && header.readUInt32BE(24) === header.readUInt32BE(92)) {
			if (told > inFile && !isCut) throw this.bad(t`${inFile} pages, not ${told}`);
			this.count = Math.min(told, inFile);
		}
		this.encoding = header.readUInt32BE(56) || 1;
		this.userVersion = header.readInt32BE(60);
		if (this.encoding > 3) throw this.bad(t`texts in an unknown encoding`);
	}

	/** A page that was not given before. @throws DamagedError */
	page(number: number): Buffer {
		if (this.given.has(number)) throw this.bad(t`page ${number} is used twice`);
		this.given.add(number);
		if (number < 1 || number > this.count || number === Math.floor(lockByte / this.pageSize) + 1) {
			throw this.bad(t`page ${number} of ${this.count}`);
		}
		return this.look(number);
	}

	/** The whole database in one piece, with what log or journal say. */
	image(): Buffer {
		const image = Buffer.alloc(this.count * this.pageSize);
		for (let number = 1; number <= this.count; number += 1) {
			this.look(number).copy(image, (number - 1) * this.pageSize);
		}
		return image;
	}

	bad(what: string): DamagedError {
		return new DamagedError(`${this.files.main.name}: ${what}`);
	}

	private look(number: number): Buffer {
		const { pageSize, files } = this;
		const elsewhere = this.overlay?.pages.get(number);
		if (elsewhere !== undefined) return (this.over as FileBytes).read(elsewhere, pageSize);
		const at = (number - 1) * pageSize;
		const length = Math.max(0, Math.min(pageSize, files.main.size - at));
		const page = files.main.read(Math.min(at, files.main.size), length);
		// What a file lacks at its end is nothing but zeros.
		return length === pageSize ? page : Buffer.concat([page], pageSize);
	}
}

function pageSizeIn(head: Buffer): number {
	const size = head.readUInt16BE(16) === 1 ? 65_536 : head.readUInt16BE(16);
	return size >= 512 && (size & (size - 1)) === 0 ? size : 0;
}
