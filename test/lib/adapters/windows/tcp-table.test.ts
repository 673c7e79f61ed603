import { describe, expect, it } from "vitest";
import { sidAt, sidText } from "../../../../src/lib/adapters/windows/sid.js";
import { fileTimeText, tableRows } from "../../../../src/lib/adapters/windows/tcp-table.js";

/** A table as GetExtendedTcpTable writes it (TCP_TABLE_OWNER_PID_LISTENER), by its documented layout. */
function ipv4Table(...rows: [address: number[], port: number, pid: number][]): Buffer {
	const table = Buffer.alloc(4 + 24 * rows.length + 100); // there is room to spare
	table.writeUInt32LE(rows.length);
	for (const [at, [address, port, pid]] of rows.entries()) {
		const row = table.subarray(4 + 24 * at);
		row.writeUInt32LE(2, 0); // MIB_TCP_STATE_LISTEN
		row.set(address, 4);
		row.writeUInt16BE(port, 8);
		row.writeUInt16LE(0xbeef, 10); // of the port's four bytes two mean nothing
		row.writeUInt32LE(pid, 20);
	}
	return table;
}

const listens = { state: "listening", remote: null };

describe("the table of sockets", () => {
	it("of IPv4 gives address, port and process", () => {
		const table = ipv4Table(
			[[127, 0, 0, 1], 24_257, 4711],
			[[0, 0, 0, 0], 65_535, 0],
			[[10, 0, 0, 7], 1, 4_294_967_292],
		);
		expect(tableRows(table, 4)).toEqual([
			{ address: "127.0.0.1", port: 24_257, pid: 4711, ...listens },
			{ address: "0.0.0.0", port: 65_535, pid: 0, ...listens },
			{ address: "10.0.0.7", port: 1, pid: 4_294_967_292, ...listens },
		]);
	});

	it("of IPv6 gives the same", () => {
		const table = Buffer.alloc(4 + 56 * 2);
		table.writeUInt32LE(2);
		table.writeUInt8(1, 4 + 15);
		table.writeUInt16BE(443, 4 + 20);
		table.writeUInt32LE(2, 4 + 48);
		table.writeUInt32LE(812, 4 + 52);
		table.set([0x20, 0x01, 0x0d, 0xb8], 60);
		table.writeUInt16BE(80, 60 + 20);
		table.writeUInt8(1, 60 + 24 + 15); // the other end, and its port
		table.writeUInt16BE(8443, 60 + 44);
		table.writeUInt32LE(11, 60 + 48); // MIB_TCP_STATE_TIME_WAIT
		expect(tableRows(table, 6)).toEqual([
			{ address: "::1", port: 443, pid: 812, ...listens },
			{ address: "2001:db8::", port: 80, pid: 0, state: "closing", remote: "[::1]:8443" },
		]);
	});

	it("of all sockets says what is a connection, and leaves out what is no more", () => {
		const table = ipv4Table([[10, 0, 0, 7], 24_251, 4711], [[10, 0, 0, 7], 24_252, 4711], [[10, 0, 0, 7], 24_253, 0]);
		for (const [at, state] of [5, 12, 11].entries()) {
			table.writeUInt32LE(state, 4 + 24 * at);
			table.set([192, 0, 2, 9], 4 + 24 * at + 12);
			table.writeUInt16BE(443, 4 + 24 * at + 16);
		}
		expect(tableRows(table, 4)).toEqual([
			{ address: "10.0.0.7", port: 24_251, pid: 4711, state: "connected", remote: "192.0.2.9:443" },
			{ address: "10.0.0.7", port: 24_253, pid: 0, state: "closing", remote: "192.0.2.9:443" },
		]);
	});

	it("that says more rows than there are is read as far as it goes", () => {
		const table = ipv4Table([[127, 0, 0, 1], 80, 1]).subarray(0, 4 + 24);
		table.writeUInt32LE(4_000_000_000);
		expect(tableRows(table, 4)).toHaveLength(1);
		expect(tableRows(Buffer.alloc(4), 4)).toEqual([]);
		expect(tableRows(Buffer.alloc(0), 6)).toEqual([]);
	});
});

it.each([
	["S-1-5-18", [18]],
	["S-1-5-32-544", [32, 544]],
	["S-1-5-21-3623811015-3361044348-30300820-1013", [21, 3_623_811_015, 3_361_044_348, 30_300_820, 1013]],
])("a SID reads %s", (text, parts) => {
	// Revision 1, the number of parts, the authority in six bytes; what follows in memory is not part of it.
	const sid = Buffer.alloc(68, 0xff);
	sid.set([1, parts.length, 0, 0, 0, 0, 0, 5]);
	for (const [at, part] of parts.entries()) sid.writeUInt32LE(part, 8 + 4 * at);
	expect(sidText(sid)).toBe(text);
	const asked: number[] = [];
	const memory = (_: unknown, bytes: number) => {
		asked.push(bytes);
		return sid.subarray(0, bytes);
	};
	expect(sidAt({ memory }, 1n)).toBe(text);
	// Behind its last byte the memory may end.
	expect(Math.max(...asked)).toBe(8 + 4 * parts.length);
	expect(sidAt({ memory }, 0n)).toBeNull();
});

it("a time reads in ISO 8601", () => {
	expect(fileTimeText(116_444_736_000_000_000n)).toBe("1970-01-01T00:00:00.000Z");
	expect(fileTimeText(116_444_736_000_000_000n + 10_000n * 1_768_464_123_450n)).toBe("2026-01-15T08:02:03.450Z");
});
