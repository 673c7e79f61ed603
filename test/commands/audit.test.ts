import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { giveBenAClient, makeScene, prepare, type Scene } from "../shape/scene.js";
import { server } from "../shape/server.js";

interface Told {
	findings: { id: string; cause: string | null; affected: { users: string[] } }[];
	fix?: { steps: { command: string; words: string[]; state: string; why: string | null }[]; mended: { id: string }[] };
}

type Farm = Scene & { audit(...words: string[]): Promise<{ code: number; result: Told }> };

/** A server on which Ana and Ben have the same client ID, which rests: Ana was moved to another one, and Ben has none. */
async function farm(): Promise<Farm> {
	const scene = makeScene(server, { username: "ana", uid: 1001 });
	onTestFinished(() => scene.remove());
	await prepare(scene, "client set");
	giveBenAClient(scene);
	const folder = join(scene.folder, "home-of-ben", ".local", "share", "certifio-manager-se");
	writeFileSync(join(folder, "client-id"), "7\n");
	writeFileSync(join(folder, "certifio-manager-se"), "#!/bin/sh\n");
	chmodSync(join(folder, "certifio-manager-se"), 0o700);
	const audit = async (...words: string[]) => {
		const ran = await scene.run(["audit", "--json", ...words]);
		return { code: ran.code, result: JSON.parse(ran.out).result as Told };
	};
	return { ...scene, audit };
}

const ids = ({ findings }: Told) => findings.map(({ id }) => id);
const shared = ["CFM-CLIENT-002", "CFM-CLIENT-003", "CFM-AUDIT-001", "CFM-AUDIT-013"];
const only = shared.flatMap((id) => ["--only", id]);

describe("cfm audit", () => {
	it("says what users have in common, also where only one of them is asked about", async () => {
		const { audit } = await farm();
		const { code, result } = await audit("--user", "ben", ...only);
		expect(code).toBe(8);
		expect(ids(result).toSorted()).toEqual(["CFM-AUDIT-001", "CFM-AUDIT-013", "CFM-CLIENT-003"]);
		expect(result.findings.find(({ id }) => id === "CFM-AUDIT-001")?.affected.users.toSorted()).toEqual(["ana", "ben"]);
	});

	it("plans across rooms and asks once: who has no ID gets one, then the clients follow", async () => {
		const { audit } = await farm();
		const planned = (await audit("--fix", "--all-users", "--dry-run", ...only)).result;
		const lines = (told: Told, wanted: string) =>
			told.fix?.steps
				.filter(({ state }) => state === wanted)
				.map(({ command, words }) => [command, ...words].join(" "));
		const plan = ["ids allocate ben", "client set ana", "client set ben"];
		expect(lines(planned, "planned")).toEqual(plan);
		const { code, result } = await audit("--fix", "--all-users", "--yes", ...only);
		expect(lines(result, "done")).toEqual(plan);
		expect(lines(result, "by-user")).toEqual(["client show ana", "client show ben"]);
		expect(code).toBe(0);
		expect(result.findings).toEqual([]);
		expect(new Set(result.fix?.mended.map(({ id }) => id))).toEqual(new Set(shared));
		expect((await audit("--fix", "--all-users", "--yes", ...only)).result.fix?.steps).toEqual([]);
	});

	it("moves whose port another's program holds, then sets the client; a second try ends what was interrupted", async () => {
		const { audit, run } = await farm();
		// On the port of ID 9 a program of ana's listens that is no client.
		await run(["ids", "allocate", "ben", "--id", "9", "--yes"]);
		const own = ["CFM-PORT-001", "CFM-CLIENT-002", "CFM-CLIENT-003"].flatMap((id) => ["--only", id]);
		const words = (told: Told, wanted: string) =>
			told.fix?.steps.filter(({ state }) => state === wanted).map((step) => [step.command, ...step.words].join(" "));
		const fix = ["--fix", "--user", "ben", ...own];
		const planned = (await audit(...fix, "--dry-run")).result;
		expect(words(planned, "planned")).toEqual(["ids move ben", "client set ben"]);
		expect(planned.findings.map(({ id, cause }) => [id, cause])).toEqual(
			expect.arrayContaining([
				["CFM-CLIENT-002", null],
				["CFM-PORT-001", null],
			]),
		);
		// As if the first run had ended after its first command.
		await run(["ids", "move", "ben", "--yes"]);
		expect(words((await audit(...fix, "--dry-run")).result, "planned")).toEqual(["client set ben"]);
		const { code, result } = await audit(...fix, "--yes");
		expect([code, words(result, "done"), words(result, "failed")]).toEqual([0, ["client set ben"], []]);
		expect((await audit(...fix, "--yes")).result.fix?.steps).toEqual([]);
	});

	it("moves nobody for a client with another's ID, or for what nobody knows", async () => {
		const { audit, run } = await farm();
		// On the port of ana's ID, 8, ben's client listens; on that of ID 11 something of which nothing is known.
		await run(["ids", "allocate", "CORP\\may", "--id", "11", "--yes"]);
		const { result } = await audit("--fix", "--all-users", "--dry-run", "--only", "CFM-PORT-001");
		expect(result.findings.map(({ affected }) => affected.users)).toEqual(
			expect.arrayContaining([["ana"], ["CORP\\may"]]),
		);
		expect(result.fix?.steps).toEqual([]);
		const all = (await audit("--only", "CFM-PORT-001", "--only", "CFM-CLIENT-003")).result.findings;
		// Ben's client has an ID that is not his: that is why it listens where ana's should.
		expect(all.filter(({ id }) => id === "CFM-PORT-001").map(({ affected, cause }) => [affected.users, cause])).toEqual(
			expect.arrayContaining([
				[["ana"], "CFM-CLIENT-003"],
				[["CORP\\may"], null],
			]),
		);
	});

	it("repairs nobody who was not named", async () => {
		const { run } = await farm();
		for (const [words, code] of [
			[["--fix"], "say-whom"],
			[["--all-users", "--user", "ana"], "two-meanings"],
		] as const) {
			const ran = await run(["audit", "--json", ...words]);
			expect(ran.code).toBe(2);
			expect(JSON.parse(ran.out).error.code).toBe(code);
		}
	});

	it("of everybody leaves what it saw, which keeps an ID from leaving its quarantine", async () => {
		const { audit, run } = await farm();
		await audit();
		const ran = await run(["ids", "release", "7", "--at-once", "--dry-run", "--json"]);
		expect(JSON.parse(ran.out).result.allocations[0].seen).toMatchObject([
			{ machine: "server1", kind: "clients", user: "ana" },
			{ machine: "server1", kind: "clients", user: "ben" },
		]);
	});
});
