import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { patiently, removeAll } from "../../../../src/lib/adapters/disk/names.js";
import { makeFolder } from "../../../folders.js";

/** A system on which something fails for some milliseconds, and time that passes only by waiting. */
function system(code: string, heldFor: number) {
	let time = 0;
	return {
		work() {
			if (time < heldFor) throw Object.assign(new Error(code), { code });
			return time;
		},
		options: {
			now: () => time,
			wait(milliseconds: number) {
				time += milliseconds;
			},
		},
	};
}

describe("a name that another program holds", () => {
	it.each(["EPERM", "EACCES", "EBUSY"])("on Windows is tried again for 2 s: %s", (code) => {
		for (const heldFor of [0, 1, 1900]) {
			const { work, options } = system(code, heldFor);
			expect(patiently(work, { ...options, platform: "win32" })).toBeGreaterThanOrEqual(heldFor);
		}
		const { work, options } = system(code, 2500);
		expect(() => patiently(work, { ...options, platform: "win32" })).toThrow(code);
		expect(options.now()).toBe(2000);
	});

	it("fails at once elsewhere, and for any other reason", () => {
		for (const [code, platform] of [
			["EPERM", "linux"],
			["ENOENT", "win32"],
			["ENOSPC", "win32"],
		] as const) {
			const { work, options } = system(code, 100);
			expect(() => patiently(work, { ...options, platform })).toThrow(code);
			expect(options.now()).toBe(0);
		}
	});
});

it.each(["linux", "win32"] as const)("a folder goes with all in it, and nothing behind a link: %s", (platform) => {
	const folder = makeFolder("names");
	const at = (...names: string[]) => join(folder, ...names);
	mkdirSync(at("kept"));
	writeFileSync(at("kept", "file"), "");
	mkdirSync(at("gone ü Ł", "below"), { recursive: true });
	writeFileSync(at("gone ü Ł", "below", "file"), "");
	symlinkSync(at("kept"), at("gone ü Ł", "below", "to-folder"));
	symlinkSync(at("kept", "file"), at("gone ü Ł", "to-file"));
	symlinkSync(at("kept"), at("link"));
	for (const name of ["gone ü Ł", "link", "never"]) removeAll(at(name), platform);
	expect(readdirSync(folder)).toEqual(["kept"]);
	expect(existsSync(at("kept", "file"))).toBe(true);
});

it("no other file of the program renames or removes anything by itself", () => {
	const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
	const others = sources.filter((name) => !name.replaceAll("\\", "/").endsWith("adapters/disk/names.ts"));
	const direct = others.filter((name) =>
		/\b(?:renameSync|rmSync|unlinkSync|rmdirSync)\b|\b(?:rename|rm|unlink|rmdir)\b[^;]*"node:fs\/promises"/.test(
			readFileSync(join("src", name), "utf8"),
		),
	);
	expect(direct).toEqual([]);
});
