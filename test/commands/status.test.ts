import { describe, expect, it, onTestFinished } from "vitest";
import { watchedRows } from "../../src/commands/_status-view.js";
import type { Status } from "../../src/lib/status/status.js";
import { makeScene, prepare, type Scene } from "../shape/scene.js";
import { ana, server } from "../shape/server.js";

async function told(scene: Scene, ...words: string[]): Promise<Status> {
	const { code, out } = await scene.run(["status", "--json", ...words]);
	expect(code).toBe(0);
	return JSON.parse(out).result;
}

describe("cfm status", () => {
	it("looks again with --live, leaves that as last looks, and exits with 0 whatever it tells", async () => {
		const scene = makeScene(server, ana);
		onTestFinished(() => scene.remove());
		await prepare(scene, "status", "cfm status --live");
		const before = await told(scene);
		expect(before.looks).toEqual([]);
		expect(before.never.map(({ kind }) => kind)).toEqual(["clients", "web-ids", "ports", "findings"]);
		const live = await told(scene, "--live");
		expect(live.looks.map(({ kind }) => kind)).toEqual(["clients", "web-ids", "ports", "findings"]);
		expect(live.looks.some(({ attention }) => attention > 0)).toBe(true);
		expect((await told(scene)).looks).toEqual(live.looks);
	});
});

it("what is watched changes with what there is, not with the time of the look", async () => {
	const scene = makeScene(server, ana);
	onTestFinished(() => scene.remove());
	await prepare(scene, "status");
	const [first, second] = [await told(scene), await told(scene)];
	expect(watchedRows({ ...second, at: "2099-01-01T00:00:00.000Z" })).toEqual(watchedRows(first));
	await scene.run(["ids", "allocate", "CORP\\zed"]);
	expect(watchedRows(await told(scene))).not.toEqual(watchedRows(first));
});
