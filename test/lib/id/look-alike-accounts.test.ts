import { describe, expect, it } from "vitest";
import { lookAlikeAccounts } from "../../../src/lib/id/look-alike-accounts.js";
import { Stage } from "../registry/stage.js";

const domains = [
	{ name: "CORP", aliases: ["corp.example.com"] },
	{ name: "CORPA", aliases: [] },
];

async function told(users: readonly string[], existing: (names: readonly string[]) => Promise<ReadonlySet<string>>) {
	const { registry } = await Stage.set({ domains });
	return lookAlikeAccounts(registry, "default", users, existing);
}

const all = async (names: readonly string[]) => new Set(names);

describe("a new name that begins with a domain of the environment", () => {
	it.each([
		["CORPben", ["CORP\\ben"]],
		["corpÉve", ["CORP\\Éve"]],
		["corp.example.comben", ["CORP\\.example.comben", "CORP\\ben"]],
		["CORPAna", ["CORP\\Ana", "CORPA\\na"]],
	])("is asked about by its account: %s", async (user, accounts) => {
		expect(await told([user], all)).toEqual(accounts.map((account) => ({ user, account })));
	});

	it("is told of only where that account surely exists", async () => {
		expect(await told(["CORPben", "CORPeve"], async () => new Set(["CORP\\eve"]))).toEqual([
			{ user: "CORPeve", account: "CORP\\eve" },
		]);
		expect(await told(["CORPben"], () => Promise.reject(new Error("no controller")))).toEqual([]);
	});

	it("is all that anybody is asked about", async () => {
		const never = () => Promise.reject(expect.unreachable());
		expect(await told(["ben", "CORP", "XCORPben", "LABben"], never)).toEqual([]);
	});
});
