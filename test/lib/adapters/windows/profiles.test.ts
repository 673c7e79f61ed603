import { expect, it } from "vitest";
import { WindowsProfiles } from "../../../../src/lib/adapters/windows/profiles.js";
import { known, unknown } from "../../../../src/lib/known.js";

const domain = "S-1-5-21-1-2-3";
const folders: Record<string, string> = {
	[`${domain}-1001`]: "%SystemDrive%\\Users\\ana.CORP",
	[`${domain}-1002`]: "C:\\Users\\ben",
	[`${domain}-1003`]: "C:\\Users\\carl",
	"S-1-5-18": "C:\\Windows\\System32\\config\\systemprofile",
};
const registry = {
	keys: () => known(Object.keys(folders)),
	machineText: (path: string) => known(folders[path.split("\\").at(-1) ?? ""] ?? null),
};

const self = { account: "CORP\\eva", sid: `${domain}-1009` };

it("users are called after their accounts; of those nobody can name, after their folder, which is said", async () => {
	const asked: (readonly string[])[] = [];
	const names = async (sids: readonly string[]) => {
		asked.push(sids);
		return new Map([[`${domain}-1001`, "CORP\\ana"]]);
	};
	const profiles = new WindowsProfiles(registry, names, async () => self);
	const users = await profiles.users();
	const drive = process.env.SystemDrive ?? "C:";
	expect(users.known && users.value.slice(1)).toEqual([
		{ account: "CORP\\ana", sid: `${domain}-1001`, profileFolder: `${drive}\\Users\\ana.CORP`, isCurrent: false },
		...["ben", "carl"].map((name, at) => ({
			...{ account: name, nameUnknown: true, sid: `${domain}-100${at + 2}`, isCurrent: false },
			profileFolder: `C:\\Users\\${name}`,
		})),
	]);
	expect(users.known && users.value[0]).toEqual(await profiles.currentUser());
	expect(users.known && users.value[0]).toMatchObject({ ...self, isCurrent: true });
	// One question for all: each may have to go to a domain controller.
	expect(asked).toEqual([[1001, 1002, 1003].map((last) => `${domain}-${last}`)]);
});

it("users nobody can ask about are called after their folders", async () => {
	const names = async () => {
		throw new Error("no advapi32 here");
	};
	const users = await new WindowsProfiles(registry, names, async () => self).users();
	expect(users.known && users.value.slice(1).map(({ account, nameUnknown }) => [account, nameUnknown])).toEqual([
		["ana.CORP", true],
		["ben", true],
		["carl", true],
	]);
});

it("who they are is unknown when the list cannot be read", async () => {
	const profiles = new WindowsProfiles(
		{ ...registry, keys: () => unknown("denied") },
		async () => new Map(),
		async () => self,
	);
	expect(await profiles.users()).toEqual(unknown("denied"));
});
