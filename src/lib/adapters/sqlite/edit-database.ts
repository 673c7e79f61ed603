import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import type { SqlDatabase } from "./database.js";
import type { DatabaseFiles } from "./database-pages.js";
import { driver } from "./driver.js";
import { StoredDatabase } from "./read-database.js";
import { sqliteCode } from "./result-code.js";

/** Where a file's header says how it is written and read: 1 with a journal, 2 with a log. */
const [writeMark, readMark] = [18, 19];
/** Chromium's and Firefox's are some megabytes; it is changed in memory. */
export const longest = 512 << 20;

/**
 * All that is committed in a database, in one piece: with it in the file's place, log and journal have nothing to add.
 *
 * @param check says no to a database of another kind
 * @throws Unfit damaged, and unsupported for a database in which anything could run; NotWritten refused
 */
export function committedImage(
	files: DatabaseFiles,
	check: (stored: StoredDatabase) => void = () => undefined,
): Buffer {
	if (files.main.size + (files.wal?.size ?? 0) > longest) {
		throw new NotWritten("refused", t`${files.main.name} is larger than any browser's store.`);
	}
	try {
		const stored = new StoredDatabase(files);
		stored.refuseCode();
		check(stored);
		return stored.image();
	} catch (error) {
		throw error instanceof DamagedError ? new Unfit("damaged", error.message) : error;
	}
}

/**
 * Changes a database in memory: bytes in, bytes out. SQLite is given no path, so it can open no file, follow no journal
 * and wait for no lock; and it is given only bytes in which nothing runs (`committedImage`), so it cannot be kept busy.
 *
 * @throws Unfit damaged
 */
export async function editImage(name: string, image: Buffer, change: (database: SqlDatabase) => void): Promise<Buffer> {
	try {
		return await inMemory(image, change);
	} catch (error) {
		const code = sqliteCode(error);
		if (code === undefined || /^SQLITE_(FULL|IOERR|NOMEM)/.test(code)) throw error;
		throw new Unfit("damaged", `${name}: ${String((error as Error).message)}`);
	}
}

/** A database that was not there: the bytes of its file. */
export async function newDatabase(make: (database: SqlDatabase) => void): Promise<Buffer> {
	return inMemory(Buffer.alloc(0), make);
}

async function inMemory(image: Buffer, change: (database: SqlDatabase) => void): Promise<Buffer> {
	const Database = await driver();
	const isNew = image.length === 0;
	const marks = isNew ? [1, 1] : [image[writeMark] as number, image[readMark] as number];
	const bytes = Buffer.from(image);
	if (!isNew) bytes[writeMark] = bytes[readMark] = 1;
	const database = new Database(isNew ? ":memory:" : bytes) as SqlDatabase & { serialize(): Buffer };
	try {
		// Nothing in a schema may call what is dangerous, no page is believed unseen, and what is deleted is overwritten.
		database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON");
		if (!isNew) intact(database);
		change(database);
		intact(database);
		const after = Buffer.from(database.serialize());
		[after[writeMark], after[readMark]] = marks as [number, number];
		return after;
	} finally {
		database.close();
	}
}

function intact(database: SqlDatabase): void {
	const found = database.pragma("integrity_check(1)", { simple: true });
	if (found !== "ok") throw new Unfit("damaged", String(found));
}
