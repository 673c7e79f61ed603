import { spawn } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { temporary } from "../../../folders.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();
const own = (pid: number | undefined) => readdirSync(temporary).filter((name) => name.startsWith(`cfm-web-${pid}-`));

/** A process that works in a private folder as long as it is let. */
async function working(env = process.env) {
	const entry = join(process.cwd(), "src/lib/adapters/files/private-folder.ts");
	const code = `import { inPrivateFolder } from ${JSON.stringify(entry)};
		inPrivateFolder(async (folder) => { console.log(folder); await new Promise(() => setInterval(() => {}, 60_000)); });`;
	const stdin = { contents: code, resolveDir: process.cwd() };
	await build({ stdin, outfile: at("work.mjs"), bundle: true, platform: "node", format: "esm", logLevel: "error" });
	const child = spawn(process.execPath, [at("work.mjs")], { stdio: ["ignore", "pipe", "inherit"], env });
	const folder = await new Promise<string>((said) => child.stdout.once("data", (data) => said(String(data).trim())));
	const ended = new Promise<NodeJS.Signals | null>((tell) => child.once("close", (_, signal) => tell(signal)));
	return { child, folder, ended };
}

it.each(["SIGINT", "SIGTERM"] as const)("a private folder is closed to others, and goes on %s", async (signal) => {
	const { child, folder, ended } = await working();
	expect(statSync(folder).mode & 0o777).toBe(0o700);
	writeFileSync(join(folder, "copy"), "somebody's data");
	child.kill(signal);
	expect(await ended).toBe(signal);
	expect(existsSync(folder)).toBe(false);
});

it("one that was left by a killed process goes the next time, one of a living process stays", async () => {
	const killed = await working();
	const alive = await working();
	killed.child.kill("SIGKILL");
	await killed.ended;
	expect(own(killed.child.pid)).toHaveLength(1);
	const next = await working();
	expect(own(killed.child.pid)).toEqual([]);
	expect(own(alive.child.pid)).toHaveLength(1);
	for (const { child, ended } of [alive, next]) {
		child.kill("SIGTERM");
		await ended;
	}
});

it.skipIf(!isRoot)("one of another account stays, whoever sweeps: anybody can make a folder of that name", async () => {
	const gone = spawn(process.execPath, ["-e", ""]);
	await new Promise((ended) => gone.once("exit", ended));
	const names = ["mine", "theirs"].map((name) => `cfm-web-${gone.pid}-${name}`);
	for (const name of names) mkdirSync(at("tmp", name), { recursive: true });
	writeFileSync(at("tmp", names[1] ?? "", "data"), "");
	chmodSync(at("tmp"), 0o1777);
	chownSync(at("tmp", names[1] ?? ""), 1001, 1001);
	const { child, ended } = await working({ ...process.env, TMPDIR: at("tmp") });
	child.kill("SIGTERM");
	await ended;
	expect(readdirSync(at("tmp"))).toEqual([names[1]]);
	expect(existsSync(at("tmp", names[1] ?? "", "data"))).toBe(true);
});
