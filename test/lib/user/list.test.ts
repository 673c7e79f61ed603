import { describe, expect, it } from "vitest";
import { activations } from "../../../src/lib/activation/activation.js";
import { known } from "../../../src/lib/known.js";
import { recordChange } from "../../../src/lib/registry/kind.js";
import { listUsers } from "../../../src/lib/user/list.js";
import { anActivation } from "../../contract/kind-samples.js";
import { make } from "../../contract/store.js";
import { ana, client } from "../client/fake-machine.js";
import { Ward } from "./ward.js";

describe("the list of users", () => {
	it("has everybody with an ID, and what is wrong with whom", async () => {
		const ward = await Ward.open();
		ward.here.state = client(9);
		const { users, total, blind } = await listUsers(ward, { problems: false });
		expect(total).toBe(2);
		expect(blind).toEqual([]);
		expect(users).toMatchObject([
			{ user: "CORP\\ana", id: 7, port: 24_257, verdict: "error", finding: "CFM-CLIENT-002" },
			{ user: "CORP\\ben", id: 8, verdict: "not-here", findings: 0, finding: null },
		]);
	});

	it("leaves out whom nothing is wrong with", async () => {
		const ward = await Ward.open();
		expect(await listUsers(ward, { problems: true })).toMatchObject({ users: [], total: 0, of: 2 });
		ward.webId("8");
		expect(await listUsers(ward, { problems: true })).toMatchObject({
			users: [{ user: "CORP\\ana" }],
			total: 1,
			of: 2,
		});
	});

	it("has whoever has a client and no ID", async () => {
		const ward = await Ward.open({ 8: "CORP\\ben" });
		ward.here.localUsers = known([ana]);
		const { users } = await listUsers(ward, { problems: true });
		expect(users).toMatchObject([{ user: "CORP\\ana", id: null, verdict: "error" }]);
	});

	it("has one row for a user, in whichever spelling something was found of them", async () => {
		const ended = { safeUntil: "2026-03-08T05:00:00.000Z", latestEnd: "2026-03-09T04:00:00.000Z" };
		const ward = await Ward.open({ 7: "CORP\\ana" });
		const spelled = ["ana@corp.example.com", "OTHER\\ana", "other\\ANA"];
		const rows = spelled.map((user, at) => anActivation({ ...ended, number: at + 1, user }));
		for (const row of rows) await make(ward.stage.registry, [recordChange(activations, "activation.add", null, row)]);
		expect((await listUsers(ward, { problems: false })).users).toMatchObject([
			{ user: "CORP\\ana", id: 7, verdict: "error", findings: 1 },
			{ user: "OTHER\\ana", id: null, verdict: "error", findings: 2 },
		]);
	});

	it("says what could not be looked at", async () => {
		const { blind } = await listUsers(await Ward.open(undefined, []), { problems: false });
		expect(blind).toEqual([expect.stringContaining("No site is managed")]);
	});
});
