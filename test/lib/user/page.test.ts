import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { CfmError } from "../../../src/lib/errors.js";
import { planMove } from "../../../src/lib/id/move.js";
import { parseTarget, planRelease } from "../../../src/lib/id/release.js";
import { known, unknown } from "../../../src/lib/known.js";
import { pageFacts, type UserPage, userPage } from "../../../src/lib/user/page.js";
import { client, nothing } from "../client/fake-machine.js";
import { failure } from "../failure.js";
import { expectRunnable } from "../hints.js";
import { listener, owner } from "../port/fake-network.js";
import { Ward } from "./ward.js";

const look = async (ward: Ward, word: string) =>
	(await userPage(ward, { target: parseTarget(word), userFields: ["user"] })) as UserPage & Record<string, unknown>;
const commandsOf = (page: Awaited<ReturnType<typeof look>>) => page.next.map(({ command }) => command);

describe("the page about a user", () => {
	it("says that all is well, and where else to look", async () => {
		const page = await look(await Ward.open(), "ana");
		expect(page).toMatchObject({ user: "CORP\\ana", verdict: "ok", findings: [], unknown: [], allocation: { id: 7 } });
		expect(commandsOf(page)).toEqual(["doctor"]);
		expect(Object.fromEntries(pageFacts(page))).toEqual({
			ID: expect.stringMatching(/^7, since \d{4}-/),
			Port: "24257, held by certifio-manager-se.exe (PID 4711, CORP\\ana), ok",
			Client: "version 1.2.3, client ID 7, running",
			"Web ID": "7 (ok)  https://sign.example.com  chrome, Default",
		});
	});

	it("names the cause before what comes of it, and what to run", async () => {
		const ward = await Ward.open();
		ward.here.state = client(9);
		ward.net.found = known([listener(24_257, owner("CORP\\ben"))]);
		ward.webId("9");
		const page = await look(ward, "CORP\\ana");
		expect(page.verdict).toBe("error");
		expect(page.findings.map(({ id }) => id)).toEqual(
			expect.arrayContaining(["CFM-CLIENT-002", "CFM-PORT-001", "CFM-WEB-001"]),
		);
		expect(commandsOf(page)).toEqual(expect.arrayContaining(["client set", "ports check", "web set"]));
		await expectRunnable({ hints: page.next });
	});

	it("finds whoever has an ID, by the ID", async () => {
		expect(await look(await Ward.open(), "7")).toMatchObject({ user: "CORP\\ana" });
		expect(await failure(async () => look(await Ward.open(), "99"))).toMatchObject({
			kind: "not-found",
			code: "no-allocation",
		});
	});

	it("tells what rests and what was", async () => {
		const ward = await Ward.open();
		const [account, environment] = [parseAccount("CORP\\ana"), "default"];
		await ward.stage.carry((view) => planMove(view, { environment, account, id: 10 }));
		ward.here.state = client(10);
		const page = await look(ward, "CORP\\ana");
		expect(page.previous).toMatchObject([{ id: 7, state: "quarantined" }]);
		expect(pageFacts(page)).toContainEqual([
			"Held before",
			expect.stringMatching(/^ID 7 as CORP\\ana, in quarantine until/),
		]);
		expect(page.events[0]).toMatchObject({ action: "move", id: 10 });
	});

	it("tells of one who was released that they have no ID, and how to give it back", async () => {
		const ward = await Ward.open({ 7: "CORP\\ana" });
		const targets = [{ account: parseAccount("CORP\\ana") }];
		await ward.stage.carry((view) => planRelease(view, { environment: "default", targets, atOnce: false }));
		ward.here.state = nothing;
		ward.net.found = known([]);
		ward.webId(undefined);
		const page = await look(ward, "CORP\\ana");
		expect(page).toMatchObject({ verdict: "no-id", allocation: null, previous: [{ id: 7 }] });
		expect(commandsOf(page)).toEqual(["ids allocate"]);
	});

	it("tells of one who is elsewhere what the registry knows", async () => {
		const page = await look(await Ward.open(), "ben");
		expect(page).toMatchObject({ verdict: "not-here", allocation: { id: 8 }, client: null, webIds: [], findings: [] });
		expect(commandsOf(page)).toEqual(["ports check"]);
	});

	it("never takes what can't be determined for none", async () => {
		const ward = await Ward.open();
		ward.here.localUsers = unknown("access denied");
		const page = await look(ward, "CORP\\ben");
		expect(page.verdict).toBe("unknown");
		expect(page.client).toBeNull();
		expect(page.unknown.map(({ part }) => part)).toEqual(["client", "webIds"]);
		expect(pageFacts(page)).toContainEqual(["Client", expect.stringContaining("access denied")]);
	});

	it("says once that no site is managed, and goes on", async () => {
		const page = await look(await Ward.open(undefined, []), "CORP\\ana");
		expect(page).toMatchObject({ verdict: "unknown", findings: [], unknown: [{ part: "webIds" }] });
		expect(page.client).toMatchObject({ clientId: 7 });
		expect(commandsOf(page)).toContain("sites add");
	});

	it("knows nobody of that name, and who may have been meant", async () => {
		const error = await failure(async () => look(await Ward.open(), "CORP\\amna"));
		expect(error).toBeInstanceOf(CfmError);
		expect(error).toMatchObject({ kind: "not-found", code: "no-user" });
		expect(error.hints[0]).toMatchObject({ line: { command: "users show", words: ["CORP\\ana"] } });
		await expectRunnable(error);
	});
});
