import { beforeEach, describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { find } from "../../../src/lib/find/find.js";
import { planRelease } from "../../../src/lib/id/release.js";
import { planRename } from "../../../src/lib/id/rename.js";
import { planSet } from "../../../src/lib/id/set.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { certificates } from "../../../src/lib/registered/certificate.js";
import { recordChange } from "../../../src/lib/registry/kind.js";
import { planAddSites } from "../../../src/lib/site/plan.js";
import { aCertificate } from "../../contract/kind-samples.js";
import { collect } from "../../contract/store.js";
import { ActivationStage } from "../activation/activation-stage.js";
import { failure } from "../failure.js";
import { expectRunnable } from "../hints.js";
import { Stage } from "../registry/stage.js";

const environment = "default";
let stage: Stage;
beforeEach(async () => {
	const domains = [{ name: "CORP", aliases: ["corp.example.com"] }];
	stage = await Stage.set(
		{ domain: "CORP", domains },
		{ 2: "CORP\\ana", 3: "CORP\\jürgen", 5: "(reserved)", 7: "CORP\\zed" },
	);
	const target = { id: 3 };
	await stage.carry((view) => planSet(view, { environment, target, note: "Room 12" }));
	const sites = [{ origin: "https://sign.example.com", note: "the portal" }];
	await stage.carry((view) => planAddSites(view, { environment, sites }));
});

const look = (text: string, limit = 50, where?: string) =>
	stage.registry.read((view) => find(view, { text, limit, environment: where, userFields: ["user"] }));

describe("what is found", () => {
	it.each([
		["ANA", "user", 2],
		["corp\\ana", "user", 2],
		["ana@corp.example.com", "user", 2],
		["JÜRGEN", "user", 3],
		["room 1", "note", 3],
		["5", "id", 5],
		["24257", "port", 7],
		["24260", "port", 10],
	])("%s as %s", async (text, kind, id) => {
		const { matches } = await look(text);
		expect(matches).toMatchObject([{ kind, id }]);
		await expectRunnable({ hints: matches.map(({ next }) => next) });
	});

	it.each(["sign.EXAMPLE", "portal"])("a site: %s", async (text) => {
		expect(await look(text)).toMatchObject({
			matches: [{ kind: "site", found: "https://sign.example.com" }],
			total: 1,
		});
	});

	it("a number that is free says so", async () => {
		expect((await look("9")).matches).toMatchObject([{ kind: "id", state: "free", next: { command: "ids allocate" } }]);
	});

	it("a request, by its name", async () => {
		const [event] = await stage.registry.read((view) => collect(view.events({ id: 3, limit: 1 })));
		const { matches } = await look(event?.requestKey ?? "");
		expect(matches).toMatchObject([{ kind: "request", next: { command: "undo" } }]);
	});

	it("who is called otherwise now, and who was released at once", async () => {
		const rename = { environment, target: { id: 2 }, account: parseAccount("CORP\\ana.smith") };
		await stage.carry((view) => planRename(view, rename, recordKinds));
		expect((await look("CORP\\ana")).matches).toMatchObject([{ user: "CORP\\ana.smith", id: 2 }]);
		const targets = [{ account: parseAccount("CORP\\zed") }];
		await stage.carry((view) => planRelease(view, { environment, targets, atOnce: true }));
		expect((await look("zed")).matches).toMatchObject([{ kind: "past", user: "CORP\\zed", id: 7, state: null }]);
	});

	it("a certificate by alias, owner, serial number and fingerprint", async () => {
		const one = {
			...aCertificate(),
			alias: "Seal",
			owner: "CORP\\vera",
			serial: "0abc12",
			fingerprint: "9f".repeat(32),
		};
		await stage.carry(async () => ({ changes: [recordChange(certificates, "certificate.register", null, one)] }));
		for (const text of ["seal", "VERA", "corp\\vera", "0A:BC:12", "9f9f9f9f9f"]) {
			const { matches } = await look(text);
			expect(matches).toMatchObject([{ kind: "certificate", found: "Seal", user: "CORP\\vera", state: "active" }]);
			await expectRunnable({ hints: matches.map(({ next }) => next) });
		}
		expect((await look("9f9f")).matches).toEqual([]);
		expect((await look("OTHER\\vera")).matches).toEqual([]);
	});

	it("who has nothing but an activation, which is no past", async () => {
		await new ActivationStage(stage.registry).add("CORP\\vera", "2026-03-01");
		for (const text of ["vera", "CORP\\vera", "vera@corp.example.com"]) {
			const { matches } = await look(text);
			expect(matches).toMatchObject([{ kind: "activation", user: "CORP\\vera", state: "approved", environment }]);
			await expectRunnable({ hints: matches.map(({ next }) => next) });
		}
	});

	it("nobody, and who may have been meant", async () => {
		expect(await look("jurgen")).toEqual({ matches: [], total: 0, near: ["CORP\\jürgen"] });
		expect(await look("no such thing: at all")).toEqual({ matches: [], total: 0, near: [] });
	});

	it("as many as are asked for, of all that there are", async () => {
		const { matches, total } = await look("corp", 2);
		expect({ told: matches.length, total }).toEqual({ told: 2, total: 3 });
		expect(await failure(() => look("ana", 50, "nowhere"))).toMatchObject({ code: "no-environment" });
	});
});
