import { type Known, known, unknown } from "../../known.js";
import { type Listener, noOwner, type PortRange, type TcpSocket } from "../../port/network.js";
import { t } from "../../text.js";
import { dword, loadWindows, type Windows } from "./native.js";
import { lookAtOwners } from "./owners.js";
import { type TableRow, tableRows } from "./tcp-table.js";

const addressFamily = { 4: 2, 6: 23 } as const; // AF_INET, AF_INET6
/** TCP_TABLE_OWNER_PID_LISTENER, TCP_TABLE_OWNER_PID_ALL */
const tableClass = { listening: 3, all: 5 } as const;
const tooSmall = 122; // ERROR_INSUFFICIENT_BUFFER

/** What listens, and who owns it. On Windows a listening socket has one process in the table. */
export async function listListeners(): Promise<Known<Listener[]>> {
	const read = await listListening();
	if (!read.known) return read;
	const owners = await lookAtOwners(new Set(read.value.map(({ pid }) => pid)));
	const listeners = read.value.flatMap(({ address, port, pid }) => {
		const owner = owners.get(pid);
		return owner === undefined ? [] : { address, port, owner, sharedWith: [] };
	});
	return known(listeners, read.except);
}

/** All sockets on some ports, whether they listen or not, and who owns them. */
export async function listSockets({ first, last }: PortRange): Promise<Known<TcpSocket[]>> {
	const windows = await loadWindows();
	const all = bothTables((family) => tableOf(windows, family, "all"));
	if (!all.known) return all;
	const rows = all.value.filter(({ port }) => first <= port && port <= last);
	const owners = await lookAtOwners(new Set(rows.map(({ pid }) => pid)));
	const sockets = rows.flatMap(({ pid, ...socket }) => {
		// What has ended belongs to nobody: Windows says process 0.
		const owner = pid === 0 && socket.state === "closing" ? noOwner : owners.get(pid);
		return owner === undefined ? [] : { ...socket, owner, sharedWith: [] };
	});
	return known(sockets, all.except);
}

/** The rows of both tables of listeners. */
export async function listListening(): Promise<Known<TableRow[]>> {
	const windows = await loadWindows();
	return bothTables((family) => tableOf(windows, family, "listening"));
}

/**
 * What both tables have. Where Windows has no IPv6 its table cannot be had: that of IPv4, in which the clients are, must
 * not go with it, and what is missing is told. Without that of IPv4 nothing is known.
 */
export function bothTables<T>(table: (family: 4 | 6) => T[]): Known<T[]> {
	let rows: T[];
	try {
		rows = table(4);
	} catch (error) {
		return unknown(textOf(error));
	}
	try {
		return known([...rows, ...table(6)]);
	} catch (error) {
		return known(rows, t`the listeners of IPv6 are missing (${textOf(error)})`);
	}
}

function textOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}

function tableOf(windows: Windows, family: 4 | 6, which: keyof typeof tableClass): TableRow[] {
	const getTable = windows.bind(
		"iphlpapi",
		"uint32 __stdcall GetExtendedTcpTable(void *table, void *size, int order, uint32 family, int class, uint32 reserved)",
	);
	const size = dword();
	// It grows between the question of how large it is and the answer.
	for (let attempt = 0, length = 1 << 16; attempt < 10; attempt++, length = size.readUInt32LE() + (1 << 14)) {
		const table = Buffer.alloc(length);
		size.writeUInt32LE(length);
		const status: number = getTable(table, size, 0, addressFamily[family], tableClass[which], 0);
		if (status === 0) return tableRows(table, family);
		if (status !== tooSmall) throw new Error(`GetExtendedTcpTable: ${status}`);
	}
	throw new Error("GetExtendedTcpTable: the table grew too fast");
}
