import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { takeInstaller } from "../../../../src/lib/adapters/processes/installer.js";
import { patience } from "../../../../src/lib/adapters/processes/start.js";
import { failure } from "../../failure.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const platform = { system: "linux", processor: process.arch, runs32Bit: true } as const;
const take = (file: string) => takeInstaller(file, mkdtempSync(at("copy-")), platform);

describe("an installer that is taken", () => {
	it.each(["setup.exe", "with space & ü.exe", "-S.exe"])("is copied under its own name: %s", async (name) => {
		const content = Buffer.alloc(3_000_000, "program");
		writeFileSync(at(name), content, { mode: 0o755 });
		const taken = await take(at(name));
		expect(basename(taken.file)).toBe(name);
		expect(readFileSync(taken.file).equals(content)).toBe(true);
		expect(taken.sha256).toBe(createHash("sha256").update(content).digest("hex"));
		expect(taken.kind).toBe("text");
		expect(statSync(taken.file).mode & 0o100).toBe(0o100);
	});

	it("stays what was checked, whatever becomes of the original", async () => {
		writeFileSync(at("setup.exe"), "#! good");
		const taken = await take(at("setup.exe"));
		writeFileSync(at("setup.exe"), "evil");
		expect(readFileSync(taken.file, "utf8")).toBe("#! good");
		expect(taken.kind).toBe("program");
	});

	it("is what a link leads to, not the link", async () => {
		writeFileSync(at("setup.exe"), "good");
		symlinkSync(at("setup.exe"), at("link.exe"));
		const taken = await take(at("link.exe"));
		writeFileSync(at("setup.exe"), "evil");
		expect(readFileSync(taken.file, "utf8")).toBe("good");
	});

	it.each([
		["none.exe", "not-found", "installer-not-found"],
		["file/below.exe", "not-found", "installer-not-found"],
		["folder", "usage", "installer-not-a-file"],
	])("cannot be %s: %s %s", async (name, kind, code) => {
		mkdirSync(at("folder"));
		writeFileSync(at("file"), "");
		expect(await failure(() => take(at(name)))).toMatchObject({ kind, code });
	});

	it("cannot be a device, which would never end", async () => {
		expect(await failure(() => take("/dev/zero"))).toMatchObject({ code: "installer-not-a-file" });
	});
});

describe("an installer that another program holds", () => {
	afterEach(() => void vi.useRealTimers());

	/** The copying as it is while a file is held: so many times it is refused. */
	async function takeHeld(code: string, times: number) {
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		writeFileSync(at("setup.exe"), "#! good");
		let refused = 0;
		const copy: typeof copyFileSync = (...words) => {
			if (refused++ < times) throw Object.assign(new Error(code), { code });
			copyFileSync(...words);
		};
		const taking = takeInstaller(at("setup.exe"), mkdtempSync(at("copy-")), platform, copy).catch((error) => error);
		for (const pause of patience) await vi.advanceTimersByTimeAsync(pause);
		return { taken: await taking, refused };
	}

	it.each(["EBUSY", "ETXTBSY"])("for a moment (%s) is taken when it is let go", async (code) => {
		const { taken, refused } = await takeHeld(code, 3);
		expect(taken).toMatchObject({ kind: "program" });
		expect(refused).toBe(4);
	});

	it("for longer is busy, never denied", async () => {
		const { taken, refused } = await takeHeld("EBUSY", Number.POSITIVE_INFINITY);
		expect(taken).toMatchObject({ kind: "busy", code: "installer-in-use" });
		expect(refused).toBe(patience.length + 1);
	});
});
