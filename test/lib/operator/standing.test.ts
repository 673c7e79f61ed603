import { expect, it } from "vitest";
import type { Asker } from "../../../src/lib/operator/asker.js";
import type { Operator } from "../../../src/lib/operator/operator.js";
import { roleOf } from "../../../src/lib/operator/standing.js";
import { anOperator } from "../../contract/kind-samples.js";

const asker = (account: string, own: Partial<Asker> = {}): Asker => ({
	account,
	sid: null,
	administers: false,
	memberOf: async () => [],
	...own,
});
const sid = "S-1-5-21-1-2-3-1104";

it.each<[what: string, asker: Asker, rows: readonly Partial<Operator>[], role: string | null]>([
	["by name, in any case", asker("corp\\ANA"), [{ name: "CORP\\ana", role: "issuer" }], "issuer"],
	["by SID, whatever the name is now", asker("CORP\\ana.smith", { sid }), [{ sid, role: "operator" }], "operator"],
	["not by the name of an account that was made anew", asker("CORP\\ana", { sid: `${sid}0` }), [{ sid }], null],
	["by name, where no SID was known when they were named", asker("CORP\\ana", { sid }), [{}], "admin"],
	["not by a guess at the domain", asker("CORP\\ana"), [{ name: "ana" }], null],
	["not by a guess at the domain of the operator", asker("ana"), [{}], null],
	["not of another domain", asker("LAB\\ana"), [{}], null],
	["by the principal name", asker("CORP\\ana"), [{ name: "ana@corp.example.com" }], "admin"],
	["not by a group of that name", asker("CORP\\ana"), [{ kind: "group" }], null],
	[
		"as the most of what they have",
		asker("CORP\\ana", { memberOf: async (all) => all }),
		[{ role: "auditor" }, { name: "CORP\\signers", kind: "group", role: "issuer" }],
		"issuer",
	],
	["as an admin of the machine", asker("x", { administers: true }), [{}], "admin"],
	["as nobody", asker("CORP\\eve"), [{}], null],
])("a role is held %s", async (_, who, rows, role) => {
	expect(
		await roleOf(
			who,
			rows.map((row) => anOperator(row)),
		),
	).toBe(role);
});
