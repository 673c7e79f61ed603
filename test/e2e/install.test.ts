import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Family, forEver } from "../family.js";
import { apartBase, me, type Scene } from "../shape/scene.js";
import { cfm, initialised, json, root } from "./cfm.js";

// The same on Windows, with a real installer: test/lanes/wine.

let scene: Scene;
beforeEach(async () => {
	scene = await initialised();
	await scene.run(["environments", "set", "default", "--port-base", String(apartBase), "--yes"]);
	writeFileSync(join(scene.home, "client-profile.json"), '{"startsAfterInstall":false,"settleSeconds":1}', {
		mode: 0o600,
	});
});
afterEach(() => scene.remove());

/** An installer of our own making. */
function installer(name: string, script: string): string {
	const file = join(scene.work, name);
	writeFileSync(file, `#!/bin/sh\n${script}\n`);
	chmodSync(file, 0o700);
	return file;
}
const working = () => readFileSync(join(scene.work, "certifio-manager-se.exe"), "utf8").replace("#!/bin/sh\n", "");
const install = (file: string, ...words: string[]) =>
	json(scene, ["install", "--silent", "--allocate", "--installer", file, ...words]);
const installations = async () => {
	const { result } = await json(scene, ["ids", "history"]);
	return (result.events as { action: string; note: string | null }[]).filter(({ action }) => action === "install");
};

describe("cfm install", () => {
	it("allocates, installs, looks, records; a second time it is already so; uninstalling keeps the ID", async () => {
		const first = await install("certifio-manager-se.exe");
		expect(first.code).toBe(0);
		expect(first.result).toMatchObject({
			outcome: "installed",
			id: 1,
			returnCode: 0,
			client: { clientId: 1, installed: true },
		});
		expect(await installations()).toHaveLength(1);
		expect((await install("certifio-manager-se.exe")).result).toMatchObject({ outcome: "already-so" });
		expect((await json(scene, ["client", "show"])).result).toMatchObject({ verdict: "ok", allocatedId: 1 });
		const gone = await json(scene, ["uninstall", "--silent", "--yes"]);
		expect(gone.result).toMatchObject({ outcome: "uninstalled", client: { installed: false, clientId: null } });
		expect((await json(scene, ["uninstall", "--silent", "--yes"])).result).toMatchObject({ outcome: "already-so" });
		expect((await json(scene, ["ids", "show", me()])).result.allocations[0]).toMatchObject({
			id: 1,
			state: "allocated",
		});
	});

	it("takes an installer whose path has spaces and letters of French", async () => {
		const folder = join(scene.work, "Téléchargements à jour");
		mkdirSync(folder, { mode: 0o700 });
		const file = installer("Téléchargements à jour/certifio manager (ü).exe", working());
		expect((await install(file)).result).toMatchObject({ outcome: "installed" });
	});

	it.each([
		["exits 2", "exit 2", "installer-aborted"],
		["exits 1", "exit 1", "installer-cancelled"],
		["exits 77", "exit 77", "installer-failed"],
		["says 0 and leaves nothing", "exit 0", "installer-left-nothing"],
	])("fails with exit code 7 when the installer %s, and records it", async (_, script, code) => {
		const ran = await install(installer("bad.exe", script));
		expect({ code: ran.code, err: ran.err }).toEqual({ code: 7, err: "" });
		expect(ran.error).toMatchObject({ kind: "unavailable", code });
		expect(await installations()).toMatchObject([{ note: code }]);
	});

	it("stops an installer that hangs, and its children", async () => {
		const family = new Family(join(scene.folder, "family"));
		const file = installer("hangs.exe", `${family.join}; (${forEver}) & ${forEver}`);
		const ran = await install(file, "--timeout", "1");
		expect(ran.code).toBe(7);
		expect(ran.error).toMatchObject({ code: "installer-timed-out" });
		await family.isGone();
	});

	it("runs nothing that is not the pinned file", async () => {
		const file = installer("other.exe", `touch "${join(scene.work, "was-run")}"`);
		const ran = await install(file, "--sha256", "0".repeat(64));
		expect(ran.code).toBe(5);
		expect(ran.error).toMatchObject({ kind: "denied", code: "wrong-hash" });
		expect(existsSync(join(scene.work, "was-run"))).toBe(false);
		expect((await json(scene, ["install", "--silent", "--allocate"])).error).toMatchObject({ code: "no-installer" });
	});

	it("takes no one else's ID", async () => {
		await scene.run(["ids", "allocate", "CORP\\somebody", "--id", "7"]);
		const ran = await install("certifio-manager-se.exe", "--id", "7");
		expect(ran.code).toBe(4);
		expect(await installations()).toEqual([]);
	});

	it("says on stderr what it says, and the result on stdout", async () => {
		const ran = await cfm(scene, ["install", "--silent", "--allocate", "--installer", "certifio-manager-se.exe"]);
		expect(ran.code).toBe(0);
		expect(ran.out).toMatch(/^Installed for .* with ID 1, port \d+\.\n/);
		// It is not pinned: said, but no reason to fail for a file that only its owner can write.
		expect(ran.err).toMatch(/^Warning: .*--sha256 HASH\n$/);
	});
});

describe.skipIf(process.geteuid?.() !== 0)("an ordinary user whom the administrator's folder is closed to", () => {
	const nobody = 65_534;
	let script: string;
	beforeEach(async () => {
		await scene.run(["config", "set", "install.timeout", "900", "--machine"]);
		chmodSync(scene.folder, 0o711);
		for (const folder of [scene.user, scene.work]) chownSync(folder, nobody, nobody);
		chmodSync(join(scene.work, "certifio-manager-se.exe"), 0o755);
		// All is loaded as root: the checkout may be in a folder of its own that nobody else can read.
		script = join(scene.folder, "nobody.cjs");
		writeFileSync(
			script,
			`const { readdirSync } = require("node:fs");
			const { load } = require(${JSON.stringify(join(root, "bin", "run.cjs"))});
			const dist = ${JSON.stringify(join(root, "dist"))};
			const program = load(dist + "/cfm.cjs");
			const here = (name) => name !== "koffi.cjs"; // its binaries are for Windows
			for (const name of readdirSync(dist + "/vendor").filter(here)) load(dist + "/vendor/" + name);
			process.setgroups([]); process.setgid(${nobody}); process.setuid(${nobody});
			program.main(process.argv.slice(2), dist).then((code) => { process.exitCode = code; });`,
		);
	});
	const asNobody = (...words: string[]) =>
		json(scene, [...words, "--installer", "certifio-manager-se.exe"], {
			script,
			environment: { TMPDIR: scene.work },
		});

	it("installs with the ID that they were told, unrecorded, and says so", async () => {
		const told = { id: 7, port: null, unrecorded: true };
		const first = await asNobody("install", "--silent", "--id", "7");
		expect(first.error).toBeUndefined();
		expect(first.result).toMatchObject({ ...told, outcome: "installed", client: { installed: true, clientId: 7 } });
		expect(first.warnings[0]).toMatch(/^Not recorded: .*cfm client list$/);
		const second = await asNobody("install", "--silent", "--id", "7");
		expect(second.result).toMatchObject({ ...told, outcome: "already-so" });
		expect(await installations()).toEqual([]);
	});

	it("is refused without an ID, with one to be given, under a request key, and everything else", async () => {
		for (const words of [
			["install", "--silent"],
			["install", "--silent", "--allocate", "--id", "7"],
		]) {
			const { code, error } = await asNobody(...words);
			expect({ code, kind: error.code }).toEqual({ code: 5, kind: "registry-not-readable" });
		}
		expect((await asNobody("install", "--silent", "--id", "7", "--request-id", "once")).code).toBe(5);
		expect((await json(scene, ["ids", "list"], { script })).code).toBe(5);
		expect(existsSync(join(scene.user, ".local"))).toBe(false);
	});
});
