import { describe, expect, it } from "vitest";
import type { LocalUser } from "../../../src/lib/client/machine.js";
import { isOfBrowser, selectUsers } from "../../../src/lib/webid/select.js";
import { anEnvironment } from "../../contract/store.js";
import { failure } from "../failure.js";
import { said } from "../hints.js";

const users: LocalUser[] = ["CORP\\ana", "NORTH\\ana", "CORP\\anton", "ben", "1234"].map((account) => ({
	...{ account, sid: null, profileFolder: `C:\\Users\\${account}`, isCurrent: false },
}));
const inDomain = (domain: string | null) => anEnvironment({ domain });
const names = (patterns: string[], domain: string | null = null) =>
	selectUsers(users, patterns, inDomain(domain)).map(({ account }) => account);

describe("users", () => {
	it("are all when nobody is named", () => {
		expect(names([])).toEqual(users.map(({ account }) => account));
	});

	it.each([
		[["CORP\\ANA"], ["CORP\\ana"]],
		[["ana@corp.example.com"], ["CORP\\ana"]],
		[["CORP\\a*"], ["CORP\\ana", "CORP\\anton"]],
		[["a??"], ["CORP\\ana", "NORTH\\ana"]],
		[["*@north"], ["NORTH\\ana"]],
		[["*\\ana"], ["CORP\\ana", "NORTH\\ana"]],
		[
			["ben", "ana@north", "be*"],
			["NORTH\\ana", "ben"],
		],
	])("like %j are %j", (patterns, accounts) => {
		expect(names(patterns)).toEqual(accounts);
	});

	it("whom nobody can name are meant by their folder's name, and by no account's", async () => {
		const unnamed = (account: string): LocalUser => ({ ...(users[0] as LocalUser), account, nameUnknown: true });
		const all = [
			unnamed("ben"),
			unnamed("carl"),
			unnamed("a;b"),
			{ ...(users[0] as LocalUser), account: "NORTH\\carl" },
		];
		const chosen = (name: string) => selectUsers(all, [name], inDomain("CORP")).map(({ account }) => account);
		expect(chosen("ben")).toEqual(["ben"]);
		expect(chosen("carl@north")).toEqual(["NORTH\\carl"]);
		for (const name of ["CORP\\ben", "CORP\\carl"]) {
			expect(await failure(() => chosen(name))).toMatchObject({ code: "no-local-user" });
		}
		const namesake = [unnamed("carl"), { ...(users[0] as LocalUser), account: "CORP\\carl" }];
		for (const domain of [null, "CORP"])
			expect(selectUsers(namesake, ["carl"], inDomain(domain))).toEqual([namesake[1]]);
	});

	it("are not guessed at", async () => {
		expect(await failure(() => names(["ana"]))).toMatchObject({ kind: "conflict", code: "user-ambiguous" });
		expect(names(["ana"], "CORP")).toEqual(["CORP\\ana"]);
		for (const nobody of ["zoe", "z*", "(", "[a-z]*"]) {
			const error = await failure(() => names([nobody]));
			expect(["no-local-user", "bad-user"]).toContain(error.code);
		}
	});

	it("who are not here are told with the list of those who are, in the same environment", async () => {
		const south = anEnvironment({ name: "south" });
		const error = await failure(() => selectUsers(users, ["zoe"], south));
		expect(error.code).toBe("no-local-user");
		expect(said(error)).toEqual(["cfm client list --environment south"]);
	});
});

it("a browser's name means its channels too, and no other browser", () => {
	expect(isOfBrowser("chrome-beta", ["chrome"])).toBe(true);
	expect(isOfBrowser("chrome", ["chrome-beta"])).toBe(false);
	expect(isOfBrowser("chromium", ["chrome"])).toBe(false);
	expect(isOfBrowser("firefox", [])).toBe(true);
});
