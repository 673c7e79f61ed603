import { createHash } from "node:crypto";
import { chmodSync, chownSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { seenProgram } from "../../../src/lib/adapters/files/program.js";
import { known, unknown } from "../../../src/lib/known.js";
import { checkProgram, programFaults, type SeenProgram } from "../../../src/lib/self/program.js";
import { makeFolder } from "../../folders.js";
import { filesOf, layOut, newKeys, signed } from "./signed-bundle.js";

const seen: SeenProgram = {
	...{ version: "1.2.3", folder: "/p", node: "v24", listed: 2, files: [], signature: null, open: known(null) },
};

describe("a check of the program", () => {
	it("finds nothing where every file is as it came and nobody else can change it", () => {
		const check = checkProgram(seen);
		expect(check).toMatchObject({ rights: { state: "closed", why: null }, total: 0 });
		expect(programFaults(check)).toBeUndefined();
	});

	it("tells a list that is not signed as it should be; a build without a key says nothing", async () => {
		expect(programFaults(checkProgram({ ...seen, signature: "valid" }))).toBeUndefined();
		for (const signature of ["wrong", "missing"] as const)
			expect(programFaults(checkProgram({ ...seen, signature }))).toMatchObject({ code: "program-changed" });
		const { key, privateKey } = newKeys();
		const folder = layOut(signed(filesOf("1.2.3"), privateKey));
		expect(await seenProgram(folder)).toMatchObject({ signature: null, files: [] });
		expect(await seenProgram(folder, key)).toMatchObject({ signature: "valid", files: [] });
		expect(await seenProgram(folder, newKeys().key)).toMatchObject({ signature: "wrong" });
		rmSync(join(folder, "SHA256SUMS.sig"));
		expect(await seenProgram(folder, key)).toMatchObject({ signature: "missing", files: [] });
	});

	it("tells changed files and open folders with exit code 8, and an unknown answer as such", () => {
		const changed = checkProgram({ ...seen, files: [{ file: "dist/cfm.cjs", state: "changed" }] });
		expect(programFaults(changed)).toMatchObject({ kind: "findings", data: { files: ["dist/cfm.cjs"] } });
		const open = checkProgram({ ...seen, open: known("/p belongs to another user") });
		expect(open.rights).toEqual({ state: "open", why: "/p belongs to another user" });
		expect(programFaults(open)).toMatchObject({ code: "program-changed" });
		const untold = checkProgram({ ...seen, open: unknown("no answer") });
		expect(untold.rights).toEqual({ state: "unknown", why: "no answer" });
		expect(programFaults(untold)).toBeUndefined();
	});
});

describe("the files of a program", () => {
	let folder: string;
	const put = (file: string, text: string) => writeFileSync(join(folder, file), text);
	const sum = (text: string) => createHash("sha256").update(text).digest("hex");
	const look = async () => (await seenProgram(folder)).files;

	beforeEach(() => {
		folder = makeFolder("program");
		chmodSync(folder, 0o755);
		mkdirSync(join(folder, "dist"), { mode: 0o755 });
		put("package.json", '{"version":"1.2.3"}');
		put("dist/cfm.cjs", "program");
		put("SHA256SUMS", `${sum("program")}  dist/cfm.cjs\n${sum('{"version":"1.2.3"}')}  package.json\n`);
	});

	it("are held against the list that came with them", async () => {
		expect(await seenProgram(folder)).toMatchObject({ folder, listed: 2, files: [] });
		put("dist/cfm.cjs", "another program");
		expect(await look()).toEqual([{ file: "dist/cfm.cjs", state: "changed" }]);
		rmSync(join(folder, "dist", "cfm.cjs"));
		expect(await look()).toEqual([{ file: "dist/cfm.cjs", state: "missing" }]);
		mkdirSync(join(folder, "dist", "cfm.cjs"));
		expect(await look()).toEqual([{ file: "dist/cfm.cjs", state: "unreadable" }]);
	});

	it("are not more than the list names: what lies beside them could be loaded", async () => {
		mkdirSync(join(folder, "dist", "cache"));
		put("dist/cache/cfm.cjs-v24.bin", "planted");
		symlinkSync("/etc/passwd", join(folder, "dist", "link"));
		expect(await look()).toEqual([
			{ file: "dist/cache/cfm.cjs-v24.bin", state: "added" },
			{ file: "dist/link", state: "added" },
		]);
	});

	it("do not count what an update left, which nothing loads, but a journal, which something would", async () => {
		mkdirSync(join(folder, "update", "aside"), { recursive: true });
		put("update/aside/0", "the version before");
		expect(await look()).toEqual([]);
		put("update/switch.json", "{}");
		expect(await look()).toEqual([
			{ file: "update/aside/0", state: "added" },
			{ file: "update/switch.json", state: "added" },
		]);
	});

	it("have no list in a checkout of the sources, of which nothing is said", async () => {
		renameSync(join(folder, "SHA256SUMS"), join(folder, "sums"));
		// Nobody looked: that is not "nobody else can change it".
		expect(await seenProgram(folder)).toMatchObject({ listed: null, files: [], open: { known: false } });
	});

	it("tell who else could change them", async () => {
		if (process.geteuid?.() === 0) {
			expect((await seenProgram(folder)).open).toEqual(known(null));
			chownSync(join(folder, "dist", "cfm.cjs"), 65534, 65534);
		}
		const { open } = await seenProgram(folder);
		expect(open.known && open.value).toMatch(/belongs to another user$/);
	});
});
