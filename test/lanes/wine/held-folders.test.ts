/** Folders that an elevated cfm works in: nobody can put another one, or a link, in the place of one of them meanwhile. */
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { inProcess, machineWithCli } from "./cli.js";
import type { Wine } from "./setup.js";

let wine: Wine;
beforeAll(async () => {
	wine = await machineWithCli({ user: "CONTOSO\\jürgen Ł" });
});
afterAll(() => wine?.dispose());

const parts = {
	"hold-folder.ts": ["holdFoldersHere"],
	"../user-files/user-folder.ts": ["UserFolder"],
	"../user-files/unfit.ts": ["Unfit"],
};

/** What another program of the user's gets who wants to move the folders away, and to remove the last one. */
const tries = `
	const { join } = require("node:path");
	const { spawnSync } = require("node:child_process");
	const fs = require("node:fs");
	const outer = join(process.env.USERPROFILE, "Ordner ü Ł");
	const folders = [outer, join(outer, "innen"), join(outer, "innen", "tief")];
	const attempt = \`
		const fs = require("node:fs");
		const attempt = (work) => { try { work(); return "done"; } catch (error) { return error.code; } };
		const folders = \${JSON.stringify(folders)};
		console.log(JSON.stringify([
			...folders.map((folder) => attempt(() => { fs.renameSync(folder, folder + ".away"); fs.renameSync(folder + ".away", folder); })),
			attempt(() => { fs.rmdirSync(folders.at(-1)); fs.mkdirSync(folders.at(-1)); }),
		]));\`;
	const others = () => JSON.parse(spawnSync(process.execPath, ["-e", attempt], { encoding: "utf8" }).stdout);
	await holdFoldersHere();
	fs.mkdirSync(folders.at(-1), { recursive: true });
	const open = () => UserFolder.openBelow(process.env.USERPROFILE, folders.at(-1));
`;
/** As Windows calls a sharing violation, of a folder here and of one above it. */
const refused = expect.stringMatching(/^(EBUSY|EPERM|EACCES)$/);

test("whatever is worked in, and what leads to it, stays in its place until the work is done", async () => {
	const told = await inProcess(
		wine,
		parts,
		`${tries}
		const folder = open();
		const held = others();
		folder.write(Buffer.from("a"), folder.plainFile);
		const names = folder.names().length;
		for (const name of folder.names()) folder.remove(name);
		folder.close();
		return { held, names, after: others() };`,
	);
	expect(told).toEqual({
		held: [refused, refused, refused, refused],
		names: 1,
		after: ["done", "done", "done", "done"],
	});
});

test("several may work in a folder at once; who made one may rename and remove it", async () => {
	const told = await inProcess(
		wine,
		parts,
		`${tries}
		const [one, two] = [open(), open()];
		one.close();
		const held = others();
		const made = two.makeFolder("neu");
		made.rename(made.write(Buffer.from("a"), made.plainFile), "b");
		two.rename("neu", "neuer");
		const moved = two.folder("neuer");
		const names = moved.names();
		moved.remove("b");
		moved.close();
		two.removeFolder("neuer");
		made.close();
		two.close();
		return { held, names, after: others() };`,
	);
	expect(told).toEqual({
		held: [refused, refused, refused, refused],
		names: ["b"],
		after: ["done", "done", "done", "done"],
	});
});

describe("a folder in whose place there is another one, or a link, all the same", () => {
	/** Runs code that waits, and exchanges the folder on the disk behind Windows' back. */
	async function exchanged(exchange: (folder: string, elsewhere: string) => void, code: string): Promise<unknown> {
		const [ready, go] = ["C:\\lane\\ready", "C:\\lane\\go"];
		for (const file of [ready, go]) fs.rmSync(wine.path(file), { force: true });
		const elsewhere = wine.path("C:\\elsewhere");
		fs.mkdirSync(elsewhere, { recursive: true });
		const told = inProcess(
			wine,
			parts,
			`${tries}
			const folder = open();
			fs.writeFileSync(${JSON.stringify(ready)}, "");
			while (!fs.existsSync(${JSON.stringify(go)})) await new Promise(setImmediate);
			const said = (work) => { try { return String(work()); } catch (error) { return error instanceof Unfit ? error.state : error.stack; } };
			try { return { ${code} }; } finally { folder.close(); }`,
		);
		await vi.waitFor(() => expect(fs.existsSync(wine.path(ready))).toBe(true), { timeout: 60_000, interval: 20 });
		const folder = wine.path(`${wine.profile}\\Ordner ü Ł\\innen\\tief`);
		fs.renameSync(folder, `${folder}.away`);
		try {
			exchange(folder, elsewhere);
			fs.writeFileSync(wine.path(go), "");
			return await told;
		} finally {
			fs.rmSync(folder, { recursive: true });
			fs.renameSync(`${folder}.away`, folder);
			expect(fs.readdirSync(elsewhere)).toEqual([]);
		}
	}
	const work = `
		write: said(() => folder.write(Buffer.from("a"), folder.plainFile)),
		makeFolder: said(() => folder.makeFolder("neu")),
		names: said(() => folder.names()),
		anew: said(() => open()),`;

	test("is not worked in, nor what the link leads to", async () => {
		const linked = await exchanged((folder, elsewhere) => fs.symlinkSync(elsewhere, folder), work);
		expect(linked).toEqual({ write: "denied", makeFolder: "denied", names: "denied", anew: "denied" });
		const other = await exchanged((folder) => fs.mkdirSync(folder), work);
		expect(other).toEqual({ write: "denied", makeFolder: "denied", names: "denied", anew: expect.any(String) });
	});
});
