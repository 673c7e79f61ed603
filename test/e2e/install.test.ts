import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { apartBase, me, type Scene } from "../shape/scene.js";
import { cfm, initialised, json } from "./cfm.js";

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
		const file = installer("hangs.exe", `(sleep 3; touch "${join(scene.work, "too-late")}") & sleep 60`);
		const ran = await install(file, "--timeout", "1");
		expect(ran.code).toBe(7);
		expect(ran.error).toMatchObject({ code: "installer-timed-out" });
		await new Promise((resolve) => setTimeout(resolve, 3500));
		expect(existsSync(join(scene.work, "too-late"))).toBe(false);
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
		expect(ran.err).toMatch(/^Warning: .*--sha256 [\da-f]{64}\n$/);
	});
});
