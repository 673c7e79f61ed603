import { t } from "../../text.js";
import type { FileBytes } from "../user-files/file-bytes.js";
import { Unfit } from "../user-files/unfit.js";
import type { Overlay } from "./read-wal.js";

const magic = Buffer.from("d9d505f920a163d7", "hex");
const headerSize = 28;
/** What SQLite takes for the size of a sector before the journal says another. */
const smallestSector = 512;

/**
 * What a journal that was left behind puts back: the pages as they were before a change that was cut short, as far as
 * nonce and checksum go on (https://www.sqlite.org/fileformat2.html#the_rollback_journal). The journal of a change that
 * is being made says the same: what was there before it.
 *
 * @param standard the database's own size of a page, which counts where the journal says none
 * @returns undefined when it puts back nothing
 * @throws Unfit unsupported, for a change of several databases: its journal names another file, which a user chose
 */
export function journalOverlay(journal: FileBytes, standard: number): (Overlay & { pageSize: number }) | undefined {
	if (journal.size < smallestSector || journal.read(0, 1)[0] === 0) return undefined;
	refuseOthers(journal);
	const pages = new Map<number, number>();
	let found: { count: number; pageSize: number; sector: number } | undefined;
	for (let at = 0; at + (found?.sector ?? smallestSector) <= journal.size; ) {
		const head = journal.read(at, headerSize);
		if (!head.subarray(0, 8).equals(magic)) break;
		found ??= sizesIn(head, standard);
		if (found === undefined || at + found.sector > journal.size) return undefined;
		const { count, pageSize, sector } = found;
		const end = segment(journal, at + sector, { head, pages, count, pageSize });
		if (end === undefined) break;
		at = Math.ceil(end / sector) * sector;
	}
	return found && { pages, count: found.count, pageSize: found.pageSize };
}

function sizesIn(head: Buffer, standard: number) {
	const [count, sector, told] = [16, 20, 24].map((at) => head.readUInt32BE(at)) as [number, number, number];
	const pageSize = told || standard;
	const isPower = (size: number, least: number) => size >= least && size <= 65_536 && (size & (size - 1)) === 0;
	return isPower(sector, 32) && isPower(pageSize, 512) ? { count, sector, pageSize } : undefined;
}

/** The pages behind one header. @returns where they end; undefined where the journal was not written further */
function segment(
	journal: FileBytes,
	from: number,
	{ head, pages, count, pageSize }: { head: Buffer; pages: Map<number, number>; count: number; pageSize: number },
): number | undefined {
	const size = pageSize + 8;
	const told = head.readUInt32BE(8);
	const most = Math.floor((journal.size - from) / size);
	// All ones: the header was never synced, and what is there counts.
	const records = told === 0xffffffff ? most : told;
	for (let n = 0; n < records; n += 1) {
		if (n >= most) return undefined;
		const record = journal.read(from + n * size, size);
		const page = record.readUInt32BE(0);
		if (page === 0) return undefined;
		// SQLite takes a page that comes twice twice: its sum counts, and the later record is what remains.
		if (page > count) continue;
		let sum = head.readUInt32BE(12);
		for (let at = pageSize - 200; at > 0; at -= 200) sum = (sum + (record[4 + at] as number)) >>> 0;
		if (sum !== record.readUInt32BE(4 + pageSize)) return undefined;
		pages.set(page, from + n * size + 4);
	}
	return from + records * size;
}

/** At its end such a journal has the other file's name, its length and a magic number. */
function refuseOthers(journal: FileBytes): void {
	const end = journal.read(journal.size - 16, 16);
	const length = end.readUInt32BE(0);
	if (!end.subarray(8).equals(magic) || length === 0 || length > journal.size - 16) return;
	throw new Unfit("unsupported", t`${journal.name} is of a change of several databases; its browser has to end it`);
}
