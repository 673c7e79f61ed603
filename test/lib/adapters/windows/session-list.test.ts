import { expect, it } from "vitest";
import { sessionRow, sessionRows } from "../../../../src/lib/adapters/windows/session-list.js";

/** A list as WTSEnumerateSessionsExW writes it, by its documented layout; pointers lead into `texts`. */
function list(
	texts: readonly string[],
	...rows: [state: number, session: number, user: number, domain: number][]
): Buffer {
	const bytes = Buffer.alloc(sessionRow.size * rows.length);
	for (const [at, [state, session, user, domain]] of rows.entries()) {
		const row = bytes.subarray(at * sessionRow.size);
		row.writeUInt32LE(1, 0);
		row.writeUInt32LE(state, 4);
		row.writeUInt32LE(session, 8);
		row.writeUInt32LE(0xdead_beef, 12); // fills up
		for (const [field, index] of [1, 0, user, domain, 0].entries()) {
			expect(index).toBeLessThan(texts.length);
			row.writeBigUInt64LE(BigInt(index), 16 + 8 * field);
		}
	}
	return bytes;
}

it("the list of sessions tells who is logged on, on a screen or not", () => {
	const texts = ["", "rdp-tcp#7", "ana", "CORP", "Zoë", "SERVER1"];
	const rows = list(texts, [4, 0, 0, 0], [0, 2, 2, 3], [4, 5, 2, 3], [1, 7, 4, 5], [6, 65_536, 0, 0], [2, 9, 2, 3]);
	expect(sessionRows(rows, { text: (pointer) => texts[Number(pointer)] ?? "" })).toEqual([
		{ session: 2, user: "CORP\\ana", sid: null },
		{ session: 5, user: "CORP\\ana", sid: null },
		{ session: 7, user: "SERVER1\\Zoë", sid: null },
	]);
	expect(sessionRows(rows.subarray(0, 100), { text: () => "x" })).toHaveLength(1);
});
