import { expect, it } from "vitest";
import { bothTables } from "../../../../src/lib/adapters/windows/listeners.js";
import { readProcesses } from "../../../../src/lib/adapters/windows/owners.js";

/** Windows' memory, by address. */
const memory = new Map<bigint, Buffer>([
	[0x1000n, Buffer.from("chrome.exe\0", "utf16le")],
	[0x2000n, Buffer.from([1, 1, 0, 0, 0, 0, 0, 5, 18, 0, 0, 0])],
]);
const windows = {
	memory: (at: bigint | null, bytes: number) => (memory.get(at ?? 0n) ?? Buffer.alloc(0)).subarray(0, bytes),
	text: (at: bigint | null) => (memory.get(at ?? 0n) ?? Buffer.alloc(2)).toString("utf16le").split("\0")[0] ?? "",
};

it("the list of the Remote Desktop services is read by the layout of WTS_PROCESS_INFO_EXW", () => {
	const rows = Buffer.alloc(2 * 64 + 10);
	for (const [at, session, pid, name, sid] of [
		[0, 2, 4711, 0x1000n, 0x2000n],
		[64, 0, 4, 0n, 0n],
	] as const) {
		rows.writeUInt32LE(session, at);
		rows.writeUInt32LE(pid, at + 4);
		rows.writeBigUInt64LE(name, at + 8);
		rows.writeBigUInt64LE(sid, at + 16);
	}
	expect([...readProcesses(rows, windows)]).toEqual([
		[4711, { process: "chrome.exe", session: 2, sid: "S-1-5-18" }],
		[4, { process: null, session: 0, sid: null }],
	]);
});

it("a table of IPv6 that cannot be had leaves that of IPv4, and is told; without that of IPv4 nothing is known", () => {
	const row = { address: "127.0.0.1", port: 24_251, pid: 7 };
	const without = (missing?: 4 | 6) => (family: 4 | 6) => {
		if (family === missing) throw new Error("GetExtendedTcpTable: 50");
		return [row];
	};
	expect(bothTables(without())).toEqual({ known: true, value: [row, row] });
	const except = "the listeners of IPv6 are missing (GetExtendedTcpTable: 50)";
	expect(bothTables(without(6))).toEqual({ known: true, value: [row], except });
	expect(bothTables(without(4))).toEqual({ known: false, why: "GetExtendedTcpTable: 50" });
});
