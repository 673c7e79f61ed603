import { ipv6Text } from "../processes/addresses.js";

/** A row of Windows' table of listeners. */
export interface TableRow {
	address: string;
	port: number;
	/** 0 when Windows names no process. */
	pid: number;
}

/** MIB_TCPROW_OWNER_PID: state, local address, local port, remote address, remote port, process; 4 bytes each. */
const ipv4Row = { size: 24, address: 4, port: 8, pid: 20 } as const;

/** MIB_TCP6ROW_OWNER_PID: local address (16), its scope, local port, remote address (16), scope, port, state, process. */
const ipv6Row = { size: 56, address: 0, port: 20, pid: 52 } as const;

/**
 * Reads what GetExtendedTcpTable wrote: the number of rows, then the rows, without a gap in both families.
 *
 * Addresses and ports are in the order of the network; of a port's four bytes only the first two count.
 */
export function tableRows(table: Buffer, family: 4 | 6): TableRow[] {
	const layout = family === 4 ? ipv4Row : ipv6Row;
	const told = table.length < 4 ? 0 : table.readUInt32LE(0);
	const count = Math.min(told, Math.floor((table.length - 4) / layout.size));
	const rows: TableRow[] = [];
	for (let row = 0; row < count; row++) {
		const at = 4 + row * layout.size;
		const address = table.subarray(at + layout.address, at + layout.address + (family === 4 ? 4 : 16));
		rows.push({
			address: family === 4 ? address.join(".") : ipv6Text(address),
			port: table.readUInt16BE(at + layout.port),
			pid: table.readUInt32LE(at + layout.pid),
		});
	}
	return rows;
}

/** A SID as people write it: revision, authority (6 bytes, big-endian), then 32-bit parts (little-endian). */
export function sidText(sid: Buffer): string {
	const parts = Array.from({ length: sid.readUInt8(1) }, (_, at) => sid.readUInt32LE(8 + 4 * at));
	return ["S", sid.readUInt8(0), sid.readUIntBE(2, 6), ...parts].join("-");
}

/** A SID as Windows' functions take it. */
export function sidBytes(text: string): Buffer {
	const [revision = 0, authority = 0, ...parts] = text.split("-").slice(1).map(Number);
	const sid = Buffer.alloc(8 + 4 * parts.length);
	sid.set([revision, parts.length]);
	sid.writeUIntBE(authority, 2, 6);
	for (const [at, part] of parts.entries()) sid.writeUInt32LE(part, 8 + 4 * at);
	return sid;
}

/** A FILETIME, 100 ns since 1601, in ISO 8601 UTC. */
export function fileTimeText(time: bigint): string {
	return new Date(Number(time / 10_000n) - 11_644_473_600_000).toISOString();
}
