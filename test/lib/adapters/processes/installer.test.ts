import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { takeInstaller } from "../../../../src/lib/adapters/processes/installer.js";
import type { TakenInstaller } from "../../../../src/lib/client/ports.js";
import { failure } from "../../failure.js";
import { useFolder } from "../temp.js";

const at = useFolder();
let taken: TakenInstaller | undefined;
afterEach(() => taken?.discard());

describe("an installer that is taken", () => {
	it.each(["setup.exe", "with space & ü.exe", "-S.exe"])(
		"is copied under its own name where nobody else can write: %s",
		(name) => {
			const content = Buffer.alloc(3_000_000, "program");
			writeFileSync(at(name), content, { mode: 0o755 });
			taken = takeInstaller(at(name));
			expect(basename(taken.file)).toBe(name);
			expect(readFileSync(taken.file).equals(content)).toBe(true);
			expect(taken.sha256).toBe(createHash("sha256").update(content).digest("hex"));
			expect(statSync(dirname(taken.file)).mode & 0o777).toBe(0o700);
			expect(statSync(taken.file).mode & 0o100).toBe(0o100);
		},
	);

	it("stays what was checked, whatever becomes of the original", () => {
		writeFileSync(at("setup.exe"), "good");
		taken = takeInstaller(at("setup.exe"));
		writeFileSync(at("setup.exe"), "evil");
		expect(readFileSync(taken.file, "utf8")).toBe("good");
	});

	it("is what a link leads to, not the link", () => {
		writeFileSync(at("setup.exe"), "good");
		symlinkSync(at("setup.exe"), at("link.exe"));
		taken = takeInstaller(at("link.exe"));
		writeFileSync(at("setup.exe"), "evil");
		expect(readFileSync(taken.file, "utf8")).toBe("good");
	});

	it("is thrown away, twice if need be", () => {
		writeFileSync(at("setup.exe"), "good");
		taken = takeInstaller(at("setup.exe"));
		taken.discard();
		expect(existsSync(dirname(taken.file))).toBe(false);
		taken.discard();
	});

	it.each([
		["none.exe", "not-found", "installer-not-found"],
		["file/below.exe", "not-found", "installer-not-found"],
		["folder", "usage", "installer-not-a-file"],
	])("cannot be %s: %s %s", async (name, kind, code) => {
		mkdirSync(at("folder"));
		writeFileSync(at("file"), "");
		expect(await failure(() => takeInstaller(at(name)))).toMatchObject({ kind, code });
	});

	it("cannot be a device, which would never end", async () => {
		expect(await failure(() => takeInstaller("/dev/zero"))).toMatchObject({ code: "installer-not-a-file" });
	});
});
