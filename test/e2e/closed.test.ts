import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { makeScene, type Scene } from "../shape/scene.js";
import { cfm, json, root } from "./cfm.js";

/** An ordinary user, to whom an administrator's folder is closed. */
const berta = { username: "berta", uid: process.geteuid?.() === 0 ? 20_001 : (process.getuid?.() ?? 0) };

let scene: Scene;
/** Loads the program, and becomes that user before it runs: the tests may lie where nobody else gets. */
let script: string;

beforeAll(async () => {
	scene = makeScene(undefined, berta);
	await scene.run(["init", "--yes"]);
	await scene.run(["ids", "allocate", "berta", "--id", "7"]);
	script = join(scene.folder, "as-berta.cjs");
	const program = JSON.stringify(join(root, "bin", "run.cjs"));
	const dist = JSON.stringify(join(root, "dist"));
	writeFileSync(
		script,
		`const { load } = require(${program});
		const { main } = load(${dist} + "/cfm.cjs");
		if (process.geteuid() === 0) { process.setgroups([]); process.setgid(${berta.uid}); process.setuid(${berta.uid}); }
		main(process.argv.slice(2), ${dist}).then((code) => { process.exitCode = code; });`,
	);
	chmodSync(scene.folder, 0o711);
	if (process.geteuid?.() === 0) chownSync(scene.user, berta.uid, berta.uid);
	else chmodSync(scene.home, 0);
	return () => {
		chmodSync(scene.home, 0o700);
		scene.remove();
	};
});

const asBerta = (words: string[]) => json(scene, words, { script, folder: "/" });

describe("a user to whom an administrator's folder is closed", () => {
	it.each([
		["ids", "list"],
		["users", "show", "berta"],
		["ids", "allocate", "eve"],
		["config", "list"],
		["web", "steps", "eve"],
	])("is told so by %s, and what they can do alone", async (...words) => {
		const { code, error } = await asBerta(words);
		expect(code).toBe(5);
		expect(error.kind).toBe("denied");
		const commands = error.remedies.map(({ command }: { command: string }) => command);
		expect(commands).toEqual(["me", "web steps"]);
	});

	it("hears the refusal once, however many checks it stops", async () => {
		const { out } = await cfm(
			scene,
			["doctor", "--only", "CFM-REG-007", "--only", "CFM-REG-001", "--only", "CFM-PORT-001"],
			{ script, folder: "/" },
		);
		expect(out.split("You may not").length - 1).toBe(1);
	});

	it("sees what is theirs with cfm me", async () => {
		const { code, result } = await asBerta(["me"]);
		expect(code).toBe(0);
		expect(result).toMatchObject({ user: "berta", elevated: false, verdict: "no-client", allocatedId: null });
		expect(result.unknown.map(({ part }: { part: string }) => part)).toContain("registry");
	});

	it("sees their client's ID, and gets the steps for it where a site is named", async () => {
		const folder = join(scene.user, ".local", "share", "certifio-manager-se");
		mkdirSync(folder, { recursive: true });
		writeFileSync(join(folder, "client-id"), "7\n");
		writeFileSync(join(folder, "certifio-manager-se"), "#!/bin/sh\n", { mode: 0o755 });
		const { result } = await asBerta(["me"]);
		expect(result).toMatchObject({
			verdict: "not-answering",
			portRule: "usual",
			client: { clientId: 7, port: 24_257 },
		});
		const steps = await asBerta(["web", "steps", "--site", "https://sign.example.com", "--browser", "edge"]);
		expect(steps.result).toMatchObject({ user: "berta", id: 7, total: 1 });
		expect(steps.warnings.join()).toContain("ID 7");
	});
});
