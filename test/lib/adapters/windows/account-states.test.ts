import { expect, it } from "vitest";
import { accountStates } from "../../../../src/lib/adapters/windows/account-states.js";
import type { Windows } from "../../../../src/lib/adapters/windows/native.js";

/** USER_INFO_1's flags of whom the controller of CORP, and the machine, know: UF_SCRIPT, UF_NORMAL_ACCOUNT, UF_ACCOUNTDISABLE. */
const users: Record<string, number> = { "\\\\DC1\\ana": 0x201, "\\\\DC1\\ben": 0x203, "\\local": 0x201 };
const [noDomain, denied, notFound] = [1355, 5, 2221];

/** A Windows that answers by the declarations of these functions. */
function windows(calls: string[]): Windows {
	const kept: Buffer[] = [];
	const keep = (one: Buffer) => BigInt(kept.push(one));
	const said = (word: unknown) => (word === null ? "" : ((word as Buffer).toString("utf16le").split("\0")[0] ?? ""));
	const answers: Record<string, (words: unknown[]) => number> = {
		DsGetDcNameW([computer, domain, guid, site, flags, info]) {
			expect([computer, guid, site, flags]).toEqual([null, null, null, 0]);
			if (said(domain) !== "CORP") return noDomain;
			const row = Buffer.alloc(80);
			row.writeBigUInt64LE(keep(Buffer.from("\\\\DC1\0", "utf16le")));
			(info as Buffer).writeBigUInt64LE(keep(row));
			return 0;
		},
		NetUserGetInfo([server, name, level, info]) {
			expect(level).toBe(1);
			if (said(name) === "closed") return denied;
			const flags = users[`${said(server)}\\${said(name)}`];
			if (flags === undefined) return notFound;
			const row = Buffer.alloc(56);
			row.writeUInt32LE(flags, 40);
			(info as Buffer).writeBigUInt64LE(keep(row));
			return 0;
		},
	};
	const bind = (library: string, declaration: string) => {
		const [, name = ""] = /__stdcall (\w+)\(/.exec(declaration) ?? [];
		const call = (...words: unknown[]) => void calls.push(`${library} ${name} ${words.length}`);
		return Object.assign(call, {
			async(...words: unknown[]) {
				const told = words.pop() as (error: unknown, value: number) => void;
				expect(words).toHaveLength(declaration.split(",").length);
				calls.push(`${library} ${name}`);
				setImmediate(told, null, answers[name]?.(words) ?? -1);
			},
		});
	};
	const find = (pointer: bigint | null) => kept[Number(pointer) - 1] ?? Buffer.alloc(0);
	return {
		bind: bind as never,
		memory: (pointer, bytes) => find(pointer).subarray(0, bytes),
		text: (pointer) => said(find(pointer)),
	};
}

it("an account is there, disabled or gone by the word of its domain's controller; by every other word it is unknown", async () => {
	const calls: string[] = [];
	const expected = {
		"CORP\\ana": "there",
		"CORP\\ben": "disabled",
		"CORP\\eve": "gone",
		"CORP\\closed": "unknown",
		"FAR\\ana": "unknown",
		"ts01\\local": "there",
		"TS01\\ana": "gone",
		ana: "unknown",
		"ana@corp.example": "unknown",
	};
	const states = await accountStates(Object.keys(expected), "TS01", async () => windows(calls));
	expect(Object.fromEntries([...states].map(([name, { is }]) => [name, is]))).toEqual(expected);
	expect(states.get("FAR\\ana")).toMatchObject({ why: "the domain FAR is out of reach (error 1355)" });
	// A domain's controller is looked for once, and what Windows filled is given back.
	expect(calls.filter((call) => call === "netapi32 DsGetDcNameW")).toHaveLength(2);
	expect(calls.filter((call) => call === "netapi32 NetApiBufferFree 1")).toHaveLength(4);
});
