import type { TcpSocket } from "../../port/network.js";
import { endText, ipv6Text } from "../processes/addresses.js";

/** A row of Windows' table of TCP sockets. */
export interface TableRow extends Pick<TcpSocket, "address" | "port" | "state" | "remote"> {
	/** 0 when Windows names no process. */
	pid: number;
}

/** MIB_TCPROW_OWNER_PID: state, local address, local port, remote address, remote port, process; 4 bytes each. */
const ipv4Row = { size: 24, state: 0, address: 4, port: 8, remote: 12, remotePort: 16, pid: 20 } as const;

/** MIB_TCP6ROW_OWNER_PID: local address (16), its scope, local port, remote address (16), scope, port, state, process. */
const ipv6Row = { size: 56, state: 48, address: 0, port: 20, remote: 24, remotePort: 44, pid: 52 } as const;

/** MIB_TCP_STATE; 1 and 12 are sockets that are no more. */
const states: Readonly<Record<number, TcpSocket["state"]>> = {
	...{ 2: "listening", 3: "connected", 4: "connected", 5: "connected", 8: "connected" },
	...{ 6: "closing", 7: "closing", 9: "closing", 10: "closing", 11: "closing" },
};

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
		const addressAt = (from: number) => {
			const address = table.subarray(at + from, at + from + (family === 4 ? 4 : 16));
			return family === 4 ? address.join(".") : ipv6Text(address);
		};
		const state = states[table.readUInt32LE(at + layout.state)];
		if (state === undefined) continue;
		const far = () => endText(addressAt(layout.remote), table.readUInt16BE(at + layout.remotePort));
		rows.push({
			address: addressAt(layout.address),
			port: table.readUInt16BE(at + layout.port),
			state,
			remote: state === "listening" ? null : far(),
			pid: table.readUInt32LE(at + layout.pid),
		});
	}
	return rows;
}

/** A FILETIME, 100 ns since 1601, in ISO 8601 UTC. */
export function fileTimeText(time: bigint): string {
	return new Date(Number(time / 10_000n) - 11_644_473_600_000).toISOString();
}
