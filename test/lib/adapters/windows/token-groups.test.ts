import { expect, it } from "vitest";
import type { Windows } from "../../../../src/lib/adapters/windows/native.js";
import { groupsInUse } from "../../../../src/lib/adapters/windows/token.js";

/** S-1-5-32-N, as Windows keeps it. */
const sid = (last: number) => {
	const bytes = Buffer.from([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0, 0, 0, 0]);
	bytes.writeUInt32LE(last, 12);
	return bytes;
};

/** A Windows whose process has groups with these attributes, by the layout of TOKEN_GROUPS. */
function windows(attributes: readonly number[], refuses = false): Windows {
	const groups = Buffer.alloc(8 + 16 * attributes.length);
	groups.writeUInt32LE(attributes.length);
	for (const [at, one] of attributes.entries()) {
		groups.writeBigUInt64LE(BigInt(1000 + at), 8 + 16 * at);
		groups.writeUInt32LE(one, 16 + 16 * at);
	}
	const functions: Record<string, (...words: never[]) => number> = {
		OpenProcessToken: (_process: never, _access: never, handle: Buffer) => handle.writeBigUInt64LE(7n),
		CloseHandle: () => 1,
		GetTokenInformation(token: bigint, kind: number, told: Buffer | null, length: number, needed: Buffer) {
			expect([token, kind]).toEqual([7n, 2]);
			needed.writeUInt32LE(groups.length);
			if (refuses || told === null || length < groups.length) return 0;
			groups.copy(told);
			return 1;
		},
	};
	const bind = (_library: string, declaration: string) => functions[/(\w+)\(/.exec(declaration)?.[1] ?? ""];
	return {
		bind: bind as never,
		memory: (at, bytes) => sid(Number(at) - 1000 + 544).subarray(0, bytes),
		text: () => "",
	};
}

it("a group that is enabled counts; one that is off, or only there to deny, as Administrators before elevation, does not", () => {
	const [enabled, mandatoryAndEnabled, off, denies] = [4, 7, 0, 0x10];
	expect(groupsInUse(windows([enabled, mandatoryAndEnabled, off, denies, enabled | denies]))).toEqual([
		"S-1-5-32-544",
		"S-1-5-32-545",
	]);
	expect(groupsInUse(windows([denies]))).toEqual([]);
	expect(groupsInUse(windows([enabled], true))).toEqual([]);
});
