import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { strFromU8, unzipSync } from "fflate";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeScene, prepare } from "../shape/scene.js";
import { server } from "../shape/server.js";

/** A server on which ana's client has another ID than she has, with a log of cfm's that names her. */
async function ward() {
	const scene = makeScene(server, { username: "ana", uid: 1001 });
	onTestFinished(() => scene.remove());
	await prepare(scene, "client set");
	const logs = await scene.host.keepLog("fault", "no C:\\Users\\zoe\\x, token=abc\n", new Date("2026-03-10T12:00:00Z"));
	const file = join(scene.work, "case.zip");
	const bundle = async (...words: string[]) => {
		const ran = await scene.run(["doctor", "bundle", "--out-file", file, "--json", ...words]);
		return { ...ran, ...JSON.parse(ran.out) };
	};
	const content = () =>
		Object.fromEntries(Object.entries(unzipSync(readFileSync(file))).map(([name, bytes]) => [name, strFromU8(bytes)]));
	return { ...scene, file, logs, bundle, content };
}

describe("cfm doctor bundle", () => {
	it("holds what was listed, with no name of a user or machine in it, and the names stay here", async () => {
		const scene = await ward();
		const planned = await scene.bundle("--dry-run");
		expect(existsSync(scene.file)).toBe(false);
		expect(readdirSync(scene.home)).not.toContain("doctor-masks.json");
		const { result } = await scene.bundle("--yes");
		expect(result.files).toEqual(planned.result.files);
		const content = scene.content();
		expect(Object.keys(content)).toEqual(result.files.map(({ file }: { file: string }) => file));
		const names = ["doctor", "about", "settings", "client-profile", "registry", "events", "looks"].map(
			(n) => `${n}.json`,
		);
		expect(Object.keys(content)).toEqual(expect.arrayContaining(names));
		const whole = Object.values(content).join("\n");
		expect(whole).not.toMatch(/\bana\b|\bzoe\b|server1|token=abc/i);
		expect(statSync(scene.file).mode & 0o077).toBe(0);
		const kept = JSON.parse(readFileSync(result.masks, "utf8"));
		expect(statSync(result.masks).mode & 0o077).toBe(0);
		const token = Object.keys(kept.names).find((one) => kept.names[one] === "ana") ?? "none";
		const doctor = JSON.parse(content["doctor.json"] ?? "");
		expect(doctor.findings.find(({ id }: { id: string }) => id === "CFM-CLIENT-002").affected.users).toEqual([token]);
		expect(content["events.json"]).toContain(token);
		expect(JSON.parse(content["registry.json"] ?? "").check).toMatchObject({ total: 0, checked: { environments: 1 } });
		expect(Object.values(content).some((text) => text.startsWith("no C:\\Users\\user-"))).toBe(true);
	});

	it("asks first, and replaces nothing without --force", async () => {
		const scene = await ward();
		expect((await scene.bundle()).error.code).toBe("agreement-needed");
		expect(existsSync(scene.file)).toBe(false);
		writeFileSync(scene.file, "theirs");
		expect((await scene.bundle("--yes")).error.code).toBe("file-exists");
		expect(readFileSync(scene.file, "utf8")).toBe("theirs");
		expect((await scene.bundle("--yes", "--force")).code).toBe(0);
		expect(Object.keys(scene.content())).toContain("doctor.json");
	});

	it("says in place of what it could not have why not", async () => {
		const scene = await ward();
		mkdirSync(join(scene.folder, "none"), { mode: 0o700 });
		const { code } = await scene.bundle("--yes", "--registry", join(scene.folder, "none", "registry.db"));
		expect(code).toBe(0);
		const content = scene.content();
		for (const part of ["registry.json", "events.json", "looks.json"])
			expect(JSON.parse(content[part] ?? "")).toMatchObject({ unavailable: { code: "no-registry" } });
		expect(JSON.parse(content["about.json"] ?? "")).toMatchObject({ node: process.version });
	});
});
