import {
	accessSync,
	chmodSync,
	chownSync,
	constants,
	existsSync,
	lchownSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	realpathSync,
	statSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { writeOutFile } from "../../../../src/lib/adapters/files/out-file.js";
import { writeOutFolder } from "../../../../src/lib/adapters/files/out-folder.js";
import { findPlaces } from "../../../../src/lib/adapters/files/places.js";
import { readSettingFile, writeSettingFile } from "../../../../src/lib/adapters/files/setting-file.js";
import { failure } from "../../failure.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();

async function* pieces(...texts: string[]): AsyncIterable<string> {
	yield* texts;
}

describe("a file that is written out", () => {
	it("appears whole, for its owner alone", async () => {
		expect(await writeOutFile(at("ids.csv"), pieces("a,b\r\n", "ü,1\r\n"), { force: false })).toBe(at("ids.csv"));
		expect(readFileSync(at("ids.csv"), "utf8")).toBe("a,b\r\nü,1\r\n");
		expect(statSync(at("ids.csv")).mode & 0o777).toBe(0o600);
		expect(readdirSync(at())).toEqual(["ids.csv"]);
	});

	it("replaces one that is there only when told to", async () => {
		writeFileSync(at("ids.csv"), "old");
		const error = await failure(() => writeOutFile(at("ids.csv"), pieces("new"), { force: false }));
		expect(error).toMatchObject({ kind: "conflict", code: "file-exists" });
		expect(readFileSync(at("ids.csv"), "utf8")).toBe("old");
		await writeOutFile(at("ids.csv"), pieces("new"), { force: true });
		expect(readFileSync(at("ids.csv"), "utf8")).toBe("new");
	});

	it("does not replace one that came while it was written", async () => {
		const slow = (async function* () {
			yield "new";
			writeFileSync(at("ids.csv"), "theirs");
		})();
		expect(await failure(() => writeOutFile(at("ids.csv"), slow, { force: false }))).toMatchObject({
			code: "file-exists",
		});
		expect(readFileSync(at("ids.csv"), "utf8")).toBe("theirs");
		expect(readdirSync(at())).toEqual(["ids.csv"]);
	});

	it("does not appear at all when what goes into it fails", async () => {
		const broken = (async function* () {
			yield "half";
			throw new Error("no more");
		})();
		await expect(writeOutFile(at("ids.csv"), broken, { force: false })).rejects.toThrow("no more");
		expect(readdirSync(at())).toEqual([]);
	});

	it("needs a folder that is there, and says so", async () => {
		const error = await failure(() => writeOutFile(at("nowhere", "ids.csv"), pieces("x"), { force: false }));
		expect(error).toMatchObject({ kind: "not-found", code: "no-folder" });
		expect(error.message).toContain(at("nowhere"));
	});

	it.each(["nowhere/ids.csv", "."])("cannot be %s", async (name) => {
		const error = await failure(() => writeOutFile(at(name), pieces("x"), { force: true }));
		expect(error.kind).toMatch(/^(denied|conflict|not-found|usage)$/);
		expect(readdirSync(at())).toEqual([]);
	});
});

describe("a folder that is written out", () => {
	const files = [
		{ file: "extension/manifest.json", content: "{}", encoding: "utf8" },
		{ file: "extension-key.pem", content: "secret", encoding: "utf8" },
	] as const;

	it("is closed to others, and so is what is in it", async () => {
		expect(await writeOutFolder(at("policy"), files, { force: false })).toBe(at("policy"));
		expect(readFileSync(at("policy/extension-key.pem"), "utf8")).toBe("secret");
		for (const [name, mode] of [
			["policy", 0o700],
			["policy/extension", 0o700],
			["policy/extension-key.pem", 0o600],
		] as const) {
			expect(statSync(at(name)).mode & 0o777).toBe(mode);
		}
	});

	it.each(["extension", "extension-key.pem", "extension/manifest.json"])(
		"is not written through a link: %s",
		async (name) => {
			writeFileSync(at("precious"), "old");
			mkdirSync(at("elsewhere"));
			mkdirSync(join(at("policy"), dirname(name)), { recursive: true });
			symlinkSync(at(name === "extension" ? "elsewhere" : "precious"), at("policy", name));
			const error = await failure(() => writeOutFolder(at("policy"), files, { force: true }));
			expect(error).toMatchObject({ kind: "denied", code: "open-to-others" });
			expect([readFileSync(at("precious"), "utf8"), readdirSync(at("elsewhere"))]).toEqual(["old", []]);
		},
	);
});

describe.runIf(isRoot)("what root writes for an administrator", () => {
	const files = [{ file: "a", content: "secret", encoding: "utf8" }] as const;
	const write = (folder: string) => writeOutFolder(folder, files, { force: true });

	it.each([
		["another user's folder", () => chownSync(at("theirs"), 20_001, 20_001)],
		["a folder that others can write", () => chmodSync(at("theirs"), 0o777)],
		["a folder like /tmp", () => chmodSync(at("theirs"), 0o1777)],
	])("does not go into %s", async (what, open) => {
		mkdirSync(at("theirs"));
		open();
		const refused = { kind: "denied", code: "open-to-others" };
		expect(await failure(() => write(at("theirs")))).toMatchObject(refused);
		const file = () => writeOutFile(at("theirs", "ids.csv"), pieces("x"), { force: true });
		// A file is made anew and gets its name in one step, which nobody else can undo there.
		if (what === "a folder like /tmp") await file();
		else expect(await failure(file)).toMatchObject(refused);
	});

	it("goes into a new folder in one like /tmp, unless somebody has put a link there", async () => {
		mkdirSync(at("tmp"));
		chmodSync(at("tmp"), 0o1777);
		mkdirSync(at("precious"));
		symlinkSync(at("precious"), at("tmp", "policy"));
		lchownSync(at("tmp", "policy"), 20_001, 20_001);
		expect(await failure(() => write(at("tmp", "policy")))).toMatchObject({ code: "open-to-others" });
		expect(readdirSync(at("precious"))).toEqual([]);
		expect(await write(at("tmp", "new"))).toBe(at("tmp", "new"));
	});

	it("goes into the folder of whoever called sudo", async () => {
		mkdirSync(at("admin"));
		chownSync(at("admin"), 20_001, 20_001);
		vi.stubEnv("SUDO_UID", "20001");
		expect(await write(at("admin", "policy"))).toBe(at("admin", "policy"));
		vi.unstubAllEnvs();
	});
});

describe("a setting file", () => {
	it("comes back as it was stored, and is replaced whole", () => {
		const file = at("deep", "config.json");
		writeSettingFile(file, { registry: "/x/ü.db", "install.timeout": 60 });
		writeSettingFile(file, { registry: "/y.db" });
		expect(readSettingFile(file)).toEqual({ path: file, values: { registry: "/y.db" } });
		expect(statSync(file).mode & 0o777).toBe(0o600);
		expect(readdirSync(at("deep"))).toEqual(["config.json"]);
	});

	it("may be absent, or begin with a byte order mark", () => {
		expect(readSettingFile(at("config.json"))).toBeUndefined();
		expect(readSettingFile(at("no", "folder", "config.json"))).toBeUndefined();
		writeFileSync(at("config.json"), '\uFEFF{"registry": "/x.db"}', { mode: 0o600 });
		expect(readSettingFile(at("config.json"))?.values).toEqual({ registry: "/x.db" });
	});

	it.each(["", "{", "[]", "null", '"text"', "registry=/x.db"])("with %j in it is refused by name", async (text) => {
		writeFileSync(at("config.json"), text, { mode: 0o600 });
		const error = await failure(() => readSettingFile(at("config.json")));
		expect(error).toMatchObject({ kind: "usage", code: "bad-config-file" });
		expect(error.message).toContain(at("config.json"));
	});

	it("that is a folder is refused", async () => {
		mkdirSync(at("config.json"));
		expect((await failure(() => readSettingFile(at("config.json")))).kind).toMatch(/usage|denied/);
	});

	it.skipIf(!isRoot)(
		"that others could write is not believed by root: it names programs that would be run",
		async () => {
			writeFileSync(at("config.json"), "{}");
			chmodSync(at("config.json"), 0o666);
			expect(await failure(() => readSettingFile(at("config.json")))).toMatchObject({
				kind: "denied",
				code: "open-to-others",
			});
		},
	);

	it("cannot be written where there is a file in the way", async () => {
		writeFileSync(at("blocked"), "");
		const error = await failure(() => writeSettingFile(at("blocked", "config.json"), {}));
		expect(error).toMatchObject({ kind: "denied", code: "file-not-writable" });
	});
});

function canEnter(folder: string): boolean {
	try {
		accessSync(folder, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

describe.skipIf(process.platform === "win32")("the folders of cfm on Linux", () => {
	it("are where CFM_HOME says", () => {
		const places = findPlaces({ CFM_HOME: "/x", HOME: "/home/ana" });
		expect(places).toEqual({
			home: "/x",
			registry: "/x/registry.db",
			machineConfig: "/x/config.json",
			userConfig: "/home/ana/.config/cfm/config.json",
		});
		expect(findPlaces({ CFM_HOME: "/x", XDG_CONFIG_HOME: "/conf" }).userConfig).toBe("/conf/cfm/config.json");
	});

	it("are those of the source checkout that cfm is run from, and of no installed one", () => {
		const root = at("checkout");
		const program = join(root, "bin", "run.cjs");
		for (const folder of ["bin", "src"]) mkdirSync(join(root, folder), { recursive: true });
		writeFileSync(program, "");
		const places = () => findPlaces({ HOME: "/home/ana", XDG_DATA_HOME: "/data" }, program);
		const usual = places();
		expect(usual).not.toHaveProperty("ofCheckout");
		writeFileSync(join(root, "src", "hot.ts"), "");
		// A registry of the machine's that is there, or may be, comes first.
		const closed = () => existsSync("/var/lib/cfm") && !canEnter("/var/lib/cfm");
		const isMachines = existsSync("/var/lib/cfm/registry.db") || closed();
		expect(places().home).toBe(isMachines ? "/var/lib/cfm" : join(realpathSync(root), ".cfm"));
		expect(places().ofCheckout).toBe(isMachines ? undefined : true);
		expect(findPlaces({ CFM_HOME: "/x" }, program).home).toBe("/x");
		symlinkSync(program, join(root, "cfm"));
		expect(findPlaces({ HOME: "/home/ana" }, join(root, "cfm")).home).toBe(places().home);
	});

	it("are the machine's own or the user's data folder, never the current one", () => {
		const { home } = findPlaces({ HOME: "/home/ana", XDG_DATA_HOME: "/data" });
		expect(["/var/lib/cfm", "/data/cfm"]).toContain(home);
		expect(existsSync("cfm")).toBe(false);
	});
});
