import { userInfo } from "node:os";
import { expect, it } from "vitest";
import { existingAccounts } from "../../../../src/lib/adapters/linux/accounts.js";

it("the system's accounts are known, others are not, nor is anything that no program answers", async () => {
	const root = userInfo({ encoding: "utf8" }).uid === 0 ? userInfo().username : "root";
	expect(await existingAccounts([root, "NOWHERE\\nobody-at-all", "-x"])).toEqual(new Set([root]));
	expect(await existingAccounts([root], "/nowhere/getent")).toEqual(new Set());
	expect(await existingAccounts([root], "/bin/false")).toEqual(new Set());
});
