/** `cfm self update` on Windows: programs that run, and kills in the middle of it. */
import { execFileSync } from "node:child_process";
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { filesBelow, zip } from "../../../scripts/bundle/archives.mjs";
import { layOut } from "../../../scripts/bundle/contents.mjs";
import { makeFolder } from "../../folders.js";
import { project } from "./provision.js";
import { freshPrefix, type Wine } from "./setup.js";

const folder = "C:\\Program Files\\cfm";
const key = "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\cfm";
const { version } = JSON.parse(fs.readFileSync(path.join(project, "package.json"), "utf8"));
const next = "9.0.0";
const { publicKey, privateKey } = generateKeyPairSync("ed25519");

let wine: Wine;
/** A bundle of this version, as a folder. */
let bundle: string;

beforeAll(async () => {
	const keys = makeFolder("update-key");
	const pem = path.join(keys, "public.pem");
	fs.writeFileSync(pem, publicKey.export({ type: "spki", format: "pem" }));
	// The programs of this build once more, with a key.
	const root = makeFolder("keyed");
	for (const one of ["bin", "dist"]) fs.cpSync(path.join(project, one), path.join(root, one), { recursive: true });
	for (const one of ["package.json", "package-lock.json"])
		fs.copyFileSync(path.join(project, one), path.join(root, one));
	for (const one of ["node_modules", ".cache"]) fs.symlinkSync(path.join(project, one), path.join(root, one));
	const script = `import { bundlePrograms } from ${JSON.stringify(path.join(project, "scripts/bundles.mjs"))};
		await bundlePrograms(${JSON.stringify(path.join(root, "dist"))}, undefined, ["en"]);`;
	execFileSync(process.execPath, ["--input-type=module", "--eval", script], {
		env: { ...process.env, CFM_UPDATE_KEY: pem },
		stdio: ["ignore", "ignore", "inherit"],
	});
	bundle = path.join(makeFolder("bundle"), `cfm-${version}-win-x64`);
	fs.mkdirSync(bundle);
	layOut(root, "win-x64", bundle);
	execFileSync(process.execPath, [path.join(project, "scripts/launcher.mjs"), path.join(bundle, "bin", "cfm.exe")]);
	addSums(bundle);
	const later = path.join(makeFolder("later"), `cfm-${next}-win-x64`);
	fs.cpSync(bundle, later, { recursive: true });
	for (const one of ["package.json", "dist/cfm.cjs"]) {
		const text = fs.readFileSync(path.join(later, one), "utf8");
		fs.writeFileSync(path.join(later, one), text.replaceAll(`"${version}"`, `"${next}"`));
	}
	// Programs and a library that run while they are exchanged.
	for (const one of ["bin/cfm.exe", "node/node.exe", "dist/native/koffi-win32-x64.node"])
		fs.appendFileSync(path.join(later, one), "another");
	fs.rmSync(path.join(later, "dist", "plain.cjs"));
	fs.writeFileSync(path.join(later, "dist", "fresh.cjs"), "// fresh\n");
	addSums(later);
	wine = await freshPrefix();
	fs.mkdirSync(wine.path("C:\\carried"));
	const time = new Date("2026-01-01T00:00:00Z");
	zip(later, wine.path("C:\\carried\\cfm.zip"), time);
	fs.appendFileSync(path.join(later, "dist", "fresh.cjs"), "// planted\n");
	zip(later, wine.path("C:\\carried\\changed.zip"), time);
	fs.writeFileSync(wine.path("C:\\carried\\kill.cjs"), killer);
});
afterAll(() => wine?.dispose());

function addSums(where: string): void {
	const names = filesBelow(where).filter((one: string) => !one.startsWith("SHA256SUMS"));
	const sumOf = (one: string) =>
		createHash("sha256")
			.update(fs.readFileSync(path.join(where, one)))
			.digest("hex");
	const text = names.map((one: string) => `${sumOf(one)}  ${one}\n`).join("");
	fs.writeFileSync(path.join(where, "SHA256SUMS"), text);
	fs.writeFileSync(path.join(where, "SHA256SUMS.sig"), sign(null, Buffer.from(text), privateKey));
}

/** Ends the process before its Nth call that changes names, counted from when the journal gets its own. */
const killer = `
	const fs = require("node:fs");
	let left = Number(process.env.KILL_IN_SWITCH ?? 0), isCounting = false;
	for (const name of ["renameSync", "linkSync", "unlinkSync", "mkdirSync", "openSync"]) {
		const real = fs[name];
		fs[name] = (...words) => {
			if (String(words[1]).endsWith("switch.json")) isCounting = true;
			if (isCounting && --left === 0) process.kill(process.pid, "SIGKILL");
			return real(...words);
		};
	}
`;

/** This version, as the setup program installs it: a folder that is closed, and an entry in Apps. */
async function installed(): Promise<void> {
	fs.rmSync(wine.path(folder), { recursive: true, force: true });
	await wine.evaluate(`
		const reg = require("native-reg");
		const key = reg.createKey(reg.HKLM, ${JSON.stringify(key.slice(5))}, reg.Access.ALL_ACCESS);
		reg.setValueSZ(key, "InstallLocation", ${JSON.stringify(folder)});
		reg.setValueSZ(key, "DisplayVersion", ${JSON.stringify(version)});
	`);
	fs.cpSync(bundle, wine.path(folder), { recursive: true });
}

const shown = async () => (await wine.registry(key))?.values.DisplayVersion;

async function cfm(...words: string[]) {
	const { exitCode, stdout, stderr } = await wine.exec(`${folder}\\bin\\cfm.exe`, [...words, "--json"]);
	if (stdout === "") throw new Error(`cfm ${words.join(" ")} ended with ${exitCode}: ${stderr}`);
	return { exitCode, ...JSON.parse(stdout) };
}

const program = (...names: string[]) => wine.path(path.win32.join(folder, ...names));

async function expectNext(): Promise<void> {
	expect((await cfm("self", "check")).result).toMatchObject({ version: next, files: [], signature: "valid" });
	expect(fs.existsSync(program("dist", "plain.cjs"))).toBe(false);
	expect(fs.existsSync(program("update", "switch.json"))).toBe(false);
}

describe("an update from a file", () => {
	test("exchanges programs that run, and Apps shows the new version", async () => {
		await installed();
		expect((await cfm("self", "check")).result).toMatchObject({ version, files: [], signature: "valid" });
		const planned = await cfm("self", "update", "--from", "C:\\carried\\cfm.zip", "--dry-run");
		expect(planned.result).toMatchObject({ outcome: "planned", before: version, after: next });
		const done = await cfm("self", "update", "--from", "C:\\carried\\cfm.zip", "--yes");
		// Node, the launcher and koffi ran meanwhile.
		expect(done.result).toMatchObject({ outcome: "updated", removed: 1, restart: true });
		await expectNext();
		expect(await shown()).toBe(next);
		const again = await cfm("self", "update", "--from", "C:\\carried\\cfm.zip", "--yes");
		expect(again.result).toMatchObject({ outcome: "already-so", before: next });
	});

	test("killed at any moment of the switch, it is finished by the next start", async () => {
		const run = [`${folder}\\bin\\run.cjs`, "self", "update", "--from", "C:\\carried\\cfm.zip", "--yes", "--json"];
		let finished = 0;
		for (let at = 2; finished === 0; at += 5) {
			await installed();
			const { signal, exitCode } = await wine.exec(
				`${folder}\\node\\node.exe`,
				["--require", "C:\\carried\\kill.cjs", ...run],
				{
					env: { KILL_IN_SWITCH: String(at) },
				},
			);
			if (exitCode === 0 && signal === null) finished = at;
			await expectNext();
		}
		expect(finished).toBeGreaterThan(15);
	});

	test("a bundle that somebody changed changes nothing", async () => {
		await installed();
		const refused = await cfm("self", "update", "--from", "C:\\carried\\changed.zip", "--yes");
		expect(refused).toMatchObject({ exitCode: 5, error: { code: "bundle-damaged", data: { file: "dist/fresh.cjs" } } });
		expect((await cfm("self", "check")).result).toMatchObject({ version, files: [] });
	});
});
