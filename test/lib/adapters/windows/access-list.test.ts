import { describe, expect, it } from "vitest";
import {
	administrators,
	type Descriptor,
	type Entry,
	readEntries,
	strangers,
	system,
	trustedOwners,
} from "../../../../src/lib/adapters/windows/access-list.js";

const users = "S-1-5-32-545";
const ben = "S-1-5-21-1-2-3-1002";
const self = "S-1-5-21-1-2-3-1001";
const trusted = new Set([...trustedOwners, self]);

const entry = (sid: string, rights: number, more: Partial<Entry> = {}): Entry => ({
	...{ allows: true, inheritOnly: false, rights, sid },
	...more,
});
const ours: Descriptor = {
	owner: administrators,
	entries: [entry(system, 0x1f01ff), entry(administrators, 0x1f01ff)],
};
const withEntry = (one: Entry, owner: string | null = administrators): Descriptor => ({
	owner,
	entries: [...(ours.entries ?? []), one],
});

describe("a folder that is believed", () => {
	it("is administrators' alone", () => {
		expect(strangers(ours, "folder", trusted)).toEqual([]);
		expect(strangers({ ...ours, owner: self }, "folder", trusted)).toEqual([]);
	});

	it.each([
		["belongs to somebody else", { ...ours, owner: ben }, [ben]],
		["belongs to nobody who can be told", { ...ours, owner: null }, [""]],
		["has no list", { owner: administrators, entries: undefined }, ["S-1-1-0"]],
		["may be filled by users, as what is made in ProgramData", withEntry(entry(users, 0x116)), [users]],
		["hands on to users what is made in it", withEntry(entry(users, 0x2, { inheritOnly: true })), [users]],
		["may be deleted in by users", withEntry(entry(users, 0x40)), [users]],
		["lets somebody change its list", withEntry(entry(ben, 0x40000)), [ben]],
		["lets somebody do everything, generically", withEntry(entry(ben, 0x1000_0000)), [ben]],
		["lets somebody write, generically", withEntry(entry(ben, 0x4000_0000)), [ben]],
	])("is refused when it %s", (_, descriptor, expected) => {
		expect(strangers(descriptor, "folder", trusted)).toEqual(expected);
	});

	it.each([
		["may be read by others", withEntry(entry(users, 0x1200a9))],
		["denies somebody something", withEntry(entry(ben, 0x1f01ff, { allows: false }))],
		["gives the creator of a file what is theirs", withEntry(entry("S-1-3-0", 0x1000_0000, { inheritOnly: true }))],
	])("stays one when it %s", (_, descriptor) => {
		expect(strangers(descriptor, "folder", trusted)).toEqual([]);
	});
});

describe("a folder on the way", () => {
	// C:\ and C:\ProgramData as Windows Server installs them: users may make files and folders, and not take any away.
	it.each([
		["C:\\", [entry(users, 0x1200a9), entry(users, 0x4), entry(users, 0x2, { inheritOnly: true })]],
		["C:\\ProgramData", [entry(users, 0x1200a9), entry(users, 0x116)]],
		["C:\\ of a client", [entry("S-1-5-11", 0x4), entry("S-1-5-11", 0x1301bf, { inheritOnly: true })]],
	])("may let others add to it: %s", (_, entries) => {
		const owner = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
		expect(strangers({ owner, entries: [...(ours.entries ?? []), ...entries] }, "parent", trusted)).toEqual([]);
	});

	it.each([
		["what is in it taken away", entry(users, 0x40)],
		["itself renamed", entry("S-1-5-11", 0x1301bf)],
		["its list changed", entry(ben, 0x40000)],
	])("may not have %s by others", (_, one) => {
		expect(strangers(withEntry(one), "parent", trusted)).toEqual([one.sid]);
	});
});

it("entries are read by the layout of an ACL: usual ones, those about objects, and those of labels", () => {
	const sid = Buffer.from([1, 2, 0, 0, 0, 0, 0, 5, 32, 0, 0, 0, 0x20, 2, 0, 0]);
	const ace = (kind: number, flags: number, rights: number, between: Buffer = Buffer.alloc(0)) => {
		const heading = Buffer.alloc(8);
		heading.set([kind, flags]);
		heading.writeUInt16LE(8 + between.length + sid.length, 2);
		heading.writeUInt32LE(rights, 4);
		return Buffer.concat([heading, between, sid]);
	};
	const objectKind = Buffer.alloc(4 + 16);
	objectKind.writeUInt32LE(1);
	const all = [
		ace(0, 0, 0x1f01ff),
		ace(1, 0x0b, 2),
		ace(5, 0, 0x40, objectKind),
		ace(0x11, 0, 1),
		ace(9, 8, 0x8000_0000),
	];
	const heading = Buffer.alloc(8);
	heading.writeUInt8(2);
	heading.writeUInt16LE(8 + Buffer.concat(all).length, 2);
	heading.writeUInt16LE(all.length, 4);
	const sidOf = "S-1-5-32-544";
	expect(readEntries(Buffer.concat([heading, ...all]))).toEqual([
		{ allows: true, inheritOnly: false, rights: 0x1f01ff, sid: sidOf },
		{ allows: false, inheritOnly: true, rights: 2, sid: sidOf },
		{ allows: true, inheritOnly: false, rights: 0x40, sid: sidOf },
		{ allows: false, inheritOnly: false, rights: 1, sid: sidOf },
		{ allows: true, inheritOnly: true, rights: 0x8000_0000, sid: sidOf },
	]);
});
