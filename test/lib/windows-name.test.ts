import { describe, expect, it } from "vitest";
import { windowsNameProblem } from "../../src/lib/windows-name.js";
import fc from "../property.js";

describe("a path on Windows", () => {
	it.each([
		"C:\\Daten ü Ł\\cfm home\\registry.db",
		"C:/Program Files/cfm/registry.db",
		"registry.db",
		"..\\.\\users.csv",
		".cfm\\.hidden",
		"C:\\PROGRA~1\\cfm",
		"\\\\server\\share\\users.csv",
		"\\\\?\\C:\\a very long path\\registry.db",
		"\\\\?\\UNC\\server\\share\\users.csv",
		"C:\\console\\null.txt\\com\\com10\\auxiliary.log",
	])("%s can be used", (path) => {
		expect(windowsNameProblem(path)).toBeUndefined();
	});

	it.each([
		["NUL", "device"],
		["C:\\cfm\\nul.txt", "device"],
		["C:\\cfm\\aux .log", "device"],
		["C:\\com1\\registry.db", "device"],
		["LPT¹", "device"],
		["CONOUT$", "device"],
		["\\\\.\\pipe\\cfm", "device"],
		["//./PhysicalDrive0", "device"],
		["\\\\?\\GLOBALROOT\\Device\\HarddiskVolume1\\x", "device"],
		["\\\\?\\Volume{0b6f3a52-5f0e-4c0a-9d5e-7a1c2b3d4e5f}\\registry.db", "device"],
		["\\??\\C:\\x", "device"],
		["C:\\cfm\\registry.db:hidden", "hidden part"],
		["registry.db::$DATA", "hidden part"],
		["C:\\cfm.\\registry.db", "dot or a space"],
		["registry.db ", "dot or a space"],
		["...", "dot or a space"],
		["C:\\cfm\\what?.db", "no file name"],
	])("%s can't: %s", (path, why) => {
		expect(windowsNameProblem(path)).toContain(why);
	});

	it("is judged by each of its names, wherever they stand", () => {
		const plain = fc.stringMatching(/^[a-z]{1,8}$/).filter((name) => windowsNameProblem(name) === undefined);
		fc.assert(
			fc.property(fc.array(plain), fc.array(plain), fc.constantFrom("\\", "/"), (before, after, separator) => {
				expect(windowsNameProblem([...before, ...after].join(separator))).toBeUndefined();
				expect(windowsNameProblem([...before, "con", ...after].join(separator))).toContain("device");
			}),
		);
	});
});
