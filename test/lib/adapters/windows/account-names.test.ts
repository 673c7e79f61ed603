import { expect, it } from "vitest";
import { existingAccounts } from "../../../../src/lib/adapters/windows/account-names.js";
import type { Windows } from "../../../../src/lib/adapters/windows/native.js";

/** SID_NAME_USE of what Windows would know. */
const known = new Map([
	["CORP\\ana", 1],
	["CORP\\Signers", 2],
	["CORP\\SERVER1$", 9],
]);

/** A Windows that answers LookupAccountNameW by its declaration, and fails as it does for names that nobody has. */
function windows(calls: string[]): Windows {
	const bind = (library: string, declaration: string) => ({
		async(...words: unknown[]) {
			calls.push(`${library} ${declaration}`);
			const [system, name, sid, sidSize, domain, domainLength, use] = words as [null, ...Buffer[]];
			const told = words.at(-1) as (error: unknown, value: number) => void;
			expect(words).toHaveLength(declaration.split(",").length + 1);
			expect(system).toBeNull();
			expect(sidSize?.readUInt32LE()).toBe(sid?.length);
			expect((domainLength?.readUInt32LE() ?? 0) * 2).toBe(domain?.length);
			const [text = "", rest] = (name?.toString("utf16le") ?? "").split("\0");
			expect(rest).toBe("");
			const found = known.get(text);
			if (found !== undefined) use?.writeUInt32LE(found);
			setImmediate(told, null, found === undefined ? 0 : 1);
		},
	});
	return { bind: bind as never, memory: () => Buffer.alloc(0), text: () => "" };
}

it("an account is a person whom LookupAccountNameW knows: no group, no machine, nobody else", async () => {
	const calls: string[] = [];
	const names = [...known.keys(), "CORP\\nobody"];
	expect(await existingAccounts(names, async () => windows(calls))).toEqual(new Set(["CORP\\ana"]));
	expect(calls).toHaveLength(names.length);
	expect(new Set(calls).size).toBe(1);
	expect(calls[0]).toMatch(/^advapi32 int __stdcall LookupAccountNameW\(void \*system, /);
});
