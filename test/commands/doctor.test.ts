import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeScene, prepare, type Scene } from "../shape/scene.js";
import { server } from "../shape/server.js";

interface Told {
	findings: { id: string; state: string; affected: { users: string[] }; suppressed: { reason: string } | null }[];
	counts: Record<string, number>;
	fix?: {
		steps: { command: string; flags?: object; state: string; why: string | null; ids: string[] }[];
		mended: { id: string }[];
	};
}

/** A server on which ana's client and browser have other IDs than she has. */
async function ward(
	uid = 1001,
): Promise<Scene & { doctor(...words: string[]): Promise<{ code: number; result: Told }> }> {
	const scene = makeScene(server, { username: "ana", uid });
	onTestFinished(() => scene.remove());
	await prepare(scene, "client set");
	const doctor = async (...words: string[]) => {
		const ran = await scene.run(["doctor", "--user", "ana", "--json", ...words]);
		return { code: ran.code, result: JSON.parse(ran.out).result as Told };
	};
	return { ...scene, doctor };
}

const clients = ["--only", "CFM-CLIENT-002"];

describe("cfm doctor --fix", () => {
	it("shows the commands' own plan, and changes nothing with --dry-run", async () => {
		const scene = await ward();
		const { code, result } = await scene.doctor(...clients, "--fix", "--dry-run");
		expect(code).toBe(8);
		expect(result.fix).toMatchObject({
			steps: [{ command: "client set", state: "planned", ids: ["CFM-CLIENT-002"] }],
			mended: [],
		});
		expect((await scene.doctor(...clients)).code).toBe(8);
	});

	it("asks once, and off a terminal wants --yes before anything is done", async () => {
		const scene = await ward();
		const ran = await scene.run(["doctor", ...clients, "--fix", "--json"]);
		expect(ran.code).toBe(2);
		expect(JSON.parse(ran.out).error.code).toBe("agreement-needed");
		expect((await scene.doctor(...clients)).code).toBe(8);
	});

	it("claims what the second look no longer finds, and leaves what only the user can do as a step", async () => {
		const scene = await ward();
		const { code, result } = await scene.doctor(...clients, "--fix", "--yes");
		expect(code).toBe(0);
		expect(result.findings).toEqual([]);
		expect(result.fix?.mended).toMatchObject([{ id: "CFM-CLIENT-002" }]);
		expect(result.fix?.steps).toMatchObject([
			{ command: "client set", state: "done" },
			{ command: "client show", state: "by-user", ids: [] },
		]);
		const history = JSON.parse((await scene.run(["ids", "history", "ana", "--json"])).out).result.events;
		expect(history.map(({ action }: { action: string }) => action)).toContain("set-client");
	});

	it("ends a running client only with --stop-clients, and leaves its start to the user", async () => {
		// Only a user's own processes are their client's.
		const scene = await ward(userInfo().uid);
		const program = join(scene.user, ".local", "share", "certifio-manager-se", "certifio-manager-se");
		copyFileSync("/bin/cat", program);
		chmodSync(program, 0o700);
		const client = spawn(program);
		onTestFinished(() => void client.kill());
		const ended = once(client, "exit");
		await once(client, "spawn");
		const planned = await scene.doctor(...clients, "--fix", "--dry-run", "--stop-clients");
		expect(planned.result.fix?.steps).toMatchObject([{ command: "client set", flags: { "stop-client": true } }]);
		expect(client.exitCode ?? client.signalCode).toBeNull();
		const { result } = await scene.doctor(...clients, "--fix", "--yes", "--stop-clients");
		await ended;
		expect(result.fix?.mended).toMatchObject([{ id: "CFM-CLIENT-002" }]);
		expect(result.fix?.steps.at(-1)).toMatchObject({ state: "by-user", why: "start the client in the user's session" });
		expect((await scene.run(["doctor", "--stop-clients", "--json"])).code).toBe(2);
	});

	it("ends a client that goes on with an ID from before, where only a restart is missing", async () => {
		const scene = await ward(userInfo().uid);
		const restart = ["--only", "CFM-CLIENT-004"];
		expect((await scene.run(["client", "set", "ana", "--yes"])).code).toBe(0);
		const program = join(scene.user, ".local", "share", "certifio-manager-se", "certifio-manager-se");
		copyFileSync("/bin/cat", program);
		chmodSync(program, 0o700);
		const client = spawn(program);
		onTestFinished(() => void client.kill());
		const ended = once(client, "exit");
		await once(client, "spawn");
		const without = (await scene.doctor(...restart, "--fix", "--yes")).result;
		expect(without.fix).toMatchObject({
			steps: [{ command: "client show", state: "by-user", why: "restart the client in the user's session" }],
			mended: [],
		});
		expect(client.exitCode ?? client.signalCode).toBeNull();
		const { code, result } = await scene.doctor(...restart, "--fix", "--yes", "--stop-clients");
		await ended;
		expect(code).toBe(0);
		expect(result.fix).toMatchObject({
			steps: [
				{ command: "client set", flags: { "stop-client": true }, state: "done" },
				{ command: "client show", state: "by-user", why: "start the client in the user's session" },
			],
			mended: [{ id: "CFM-CLIENT-004" }],
		});
		const { events } = JSON.parse((await scene.run(["ids", "history", "ana", "--json"])).out).result;
		expect(JSON.stringify(events)).toContain("client ended, which did not listen on the port of ID 8");
	});

	it("claims nothing when what it did did not help", async () => {
		let isDeaf = false;
		const scene = makeScene(
			(own, machine) => {
				const host = server(own, machine);
				return {
					...host,
					async machine() {
						const here = await (host.machine ?? machine)();
						if (!isDeaf) return here;
						// Whatever is stored, another ID is read.
						const look: typeof here.client.look = async (...asked) => ({
							...(await here.client.look(...asked)),
							clientId: { known: true, value: 99 },
						});
						return { ...here, client: { ...here.client, look } };
					},
				};
			},
			{ username: "ana", uid: 1001 },
		);
		onTestFinished(() => scene.remove());
		await prepare(scene, "client set");
		isDeaf = true;
		const ran = await scene.run(["doctor", ...clients, "--fix", "--yes", "--json"]);
		const { result } = JSON.parse(ran.out) as { result: Told };
		expect(ran.code).toBe(8);
		expect(result.fix?.mended).toEqual([]);
		expect(result.findings).toMatchObject([{ id: "CFM-CLIENT-002" }]);
	});
});

describe("cfm doctor suppress", () => {
	const accept = ["--reason", "ana is away", "--until", "2099-12-31"];

	it("lists and counts what it hides, and does not fail for it", async () => {
		const scene = await ward();
		expect((await scene.run(["doctor", "suppress", "CFM-CLIENT-002", "--user", "ANA", ...accept])).code).toBe(0);
		const { code, result } = await scene.doctor(...clients);
		expect(code).toBe(0);
		expect(result.findings).toMatchObject([{ id: "CFM-CLIENT-002", suppressed: { reason: "ana is away" } }]);
		expect(result.counts).toMatchObject({ found: 1, fine: 0, suppressed: 1 });
		const { out } = await scene.run(["doctor", ...clients]);
		expect(out).toContain("suppressed until 2099-12-31: CFM-CLIENT-002");
		expect((await scene.doctor(...clients, "--fix", "--yes")).result.fix?.steps).toEqual([]);
	});

	it("is of the user who was named, can be removed, and undone", async () => {
		const scene = await ward();
		const suppress = (...words: string[]) => scene.run(["doctor", "suppress", "CFM-CLIENT-002", ...accept, ...words]);
		await suppress("--user", "CORP\\ben");
		expect((await scene.doctor(...clients)).code).toBe(8);
		await suppress();
		expect((await scene.doctor(...clients)).code).toBe(0);
		expect((await scene.run(["undo", "latest", "--yes"])).code).toBe(0);
		expect((await scene.doctor(...clients)).code).toBe(8);
		await suppress();
		await scene.run(["doctor", "suppressions", "remove", "CFM-CLIENT-002"]);
		expect((await scene.doctor(...clients)).code).toBe(8);
		const { suppressions } = JSON.parse((await scene.run(["doctor", "suppressions", "list", "--json"])).out).result;
		expect(suppressions).toMatchObject([{ user: "CORP\\ben", state: "active" }]);
		expect((await scene.run(["doctor", "suppressions", "remove", "CFM-CLIENT-002"])).code).toBe(3);
	});

	it.each([
		["yesterday", "2020-01-01"],
		["a word", "soon"],
		["no day of the calendar", "2099-02-30"],
	])("wants a day to come: not %s", async (_, day) => {
		const scene = await ward();
		const ran = await scene.run(["doctor", "suppress", "CFM-CLIENT-002", "--reason", "x", "--until", day, "--json"]);
		expect(ran.code).toBe(2);
		expect(JSON.parse(ran.out).error.code).toBe("bad-date");
	});
});

it("runs one group when it is asked for one", async () => {
	const scene = await ward();
	const { checks } = JSON.parse((await scene.run(["doctor", "--list-checks", "--group", "ids", "--json"])).out).result;
	expect(new Set(checks.map(({ group }: { group: string }) => group))).toEqual(new Set(["ids"]));
});

/** Only root has something to lose by believing what others could write. */
it("says that cfm's own folder is open to others, and looks at all else without believing it", async () => {
	const scene = await ward();
	const own = ["--only", "CFM-MACHINE-012", "--only", "CFM-REG-007", "--only", "CFM-MACHINE-008"];
	const states = async () => {
		const { result, code } = await scene.doctor(...own);
		const { checks } = result as unknown as { checks: { id: string; state: string }[] };
		return { code, ...Object.fromEntries(checks.map(({ id, state }) => [id, state])) };
	};
	const fine = await states();
	expect(fine).toMatchObject({ code: 0, "CFM-MACHINE-012": "fine" });
	// What stands in it would be believed: where the registry is, what the client is.
	writeFileSync(join(scene.home, "config.json"), JSON.stringify({ registry: join(scene.work, "other.db") }));
	chmodSync(scene.home, 0o777);
	onTestFinished(() => chmodSync(scene.home, 0o700));
	const isRoot = process.geteuid?.() === 0;
	expect(await states()).toMatchObject(
		isRoot
			? { code: 8, "CFM-MACHINE-012": "found", "CFM-REG-007": "unknown", "CFM-MACHINE-008": "fine" }
			: { ...fine, code: 8, "CFM-REG-007": "found" },
	);
	expect((await scene.run(["ids", "list", "--json"])).code).toBe(isRoot ? 5 : 3);
});

describe("cfm doctor baseline", () => {
	it("tells what is new since, and what is gone; a baseline that was never saved is not found", async () => {
		const scene = await ward();
		const diff = async () => {
			const ran = await scene.run(["doctor", "baseline", "diff", ...clients, "--json"]);
			return { code: ran.code, ...JSON.parse(ran.out) };
		};
		expect(await diff()).toMatchObject({ code: 3, error: { code: "no-baseline" } });
		expect((await scene.run(["doctor", "baseline", "save", ...clients])).code).toBe(0);
		const same = await diff();
		expect(same).toMatchObject({ code: 0, result: { findings: [], total: 0, gone: [] } });
		await scene.run(["client", "set", "ana", "--yes"]);
		const mended = await diff();
		expect(mended.result.gone).toMatchObject([{ id: "CFM-CLIENT-002" }]);
		expect((await scene.run(["doctor", "baseline", "save", ...clients])).code).toBe(0);
		await scene.run(["ids", "move", "ana", "--id", "9", "--yes"]);
		const worse = await diff();
		expect(worse.code).toBe(8);
		expect(worse.result.findings.map(({ id }: { id: string }) => id)).toContain("CFM-CLIENT-002");
	});
});
