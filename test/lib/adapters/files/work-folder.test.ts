import { spawn } from "node:child_process";
import { once } from "node:events";
import {
	chmodSync,
	chownSync,
	copyFileSync,
	existsSync,
	mkdirSync,
	readdirSync,
	statSync,
	symlinkSync,
	utimesSync,
} from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();
/** cfm's own folder, and what an ordinary user has in its place: neither is what TMPDIR names. */
const variables = () => ({ ...process.env, CFM_HOME: at("home"), XDG_CACHE_HOME: at("cache") });
const place = () => (isRoot ? at("home", "work") : at("cache", "cfm", "work"));
const own = (pid: number | undefined) => readdirSync(place()).filter((name) => name.startsWith(`cfm-work-${pid}-`));

/** A process that works in a private folder as long as it is let. */
async function working(env: NodeJS.ProcessEnv = variables()) {
	const entry = join(process.cwd(), "src/lib/adapters/files/work-folder.ts");
	const code = `import { makeWorkFolder } from ${JSON.stringify(entry)};
		console.log((await makeWorkFolder()).path);
		setInterval(() => {}, 60_000);`;
	const stdin = { contents: code, resolveDir: process.cwd() };
	const settings = { platform: "node", format: "esm", logLevel: "error", packages: "external" } as const;
	await build({ stdin, outfile: at("work.mjs"), bundle: true, ...settings });
	const child = spawn(process.execPath, [at("work.mjs")], { stdio: ["ignore", "pipe", "inherit"], env });
	const folder = await new Promise<string>((said) => child.stdout.once("data", (data) => said(String(data).trim())));
	const ended = new Promise<NodeJS.Signals | null>((tell) => child.once("close", (_, signal) => tell(signal)));
	return { child, folder, ended };
}

it("a work folder is closed to others", async () => {
	const { child, folder, ended } = await working();
	expect(statSync(folder).mode & 0o777).toBe(0o700);
	child.kill("SIGTERM");
	await ended;
});

it("one that was left by a killed process goes the next time, one of a living process stays", async () => {
	const killed = await working();
	const alive = await working();
	killed.child.kill("SIGKILL");
	await killed.ended;
	const soon = await working();
	// It may be of a process that nobody here can see: what is young stays.
	expect(own(killed.child.pid)).toHaveLength(1);
	soon.child.kill("SIGTERM");
	await soon.ended;
	utimesSync(killed.folder, 0, 0);
	utimesSync(alive.folder, 0, 0);
	const next = await working();
	expect(own(killed.child.pid)).toEqual([]);
	expect(own(alive.child.pid)).toHaveLength(1);
	for (const { child, ended } of [alive, next]) {
		child.kill("SIGTERM");
		await ended;
	}
});

it("one in which a program still runs stays until it has ended", async () => {
	const { child, folder, ended } = await working();
	copyFileSync("/usr/bin/tail", join(folder, "program"));
	chmodSync(join(folder, "program"), 0o755);
	const program = spawn(join(folder, "program"), ["-f", "/dev/null"]);
	await once(program, "spawn");
	child.kill("SIGKILL");
	await ended;
	utimesSync(folder, 0, 0);
	const next = await working();
	expect(own(child.pid)).toHaveLength(1);
	program.kill("SIGKILL");
	await once(program, "exit");
	const last = await working();
	expect(own(child.pid)).toEqual([]);
	for (const { child, ended } of [next, last]) {
		child.kill("SIGTERM");
		await ended;
	}
});

it.skipIf(!isRoot)("root works in no folder that another user can reach, whatever TMPDIR says", async () => {
	mkdirSync(at("theirs"), { mode: 0o755 });
	chownSync(at("theirs"), 1001, 1001);
	const { child, folder, ended } = await working({ ...variables(), TMPDIR: at("theirs") });
	expect(folder.startsWith(place())).toBe(true);
	expect(readdirSync(at("theirs"))).toEqual([]);
	child.kill("SIGTERM");
	await ended;
});

it("a folder for what is temporary that is gone keeps nobody from working", async () => {
	const { child, folder, ended } = await working({ ...variables(), TMPDIR: at("none"), TEMP: at("none") });
	expect(existsSync(folder)).toBe(true);
	child.kill("SIGTERM");
	await ended;
});

it.skipIf(!isRoot)("root takes no folder of its own that a link of another user leads to", async () => {
	mkdirSync(at("theirs"));
	chownSync(at("theirs"), 1001, 1001);
	mkdirSync(at("real"), { mode: 0o700 });
	symlinkSync(at("real"), at("theirs", "link"));
	symlinkSync(at("theirs", "link"), at("home"));
	const { child, folder, ended } = await working({ ...variables(), HOME: at("theirs") });
	expect(folder.startsWith(at())).toBe(false);
	child.kill("SIGTERM");
	await ended;
});
