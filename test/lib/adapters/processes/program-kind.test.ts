import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { type Platform, programKind } from "../../../../src/lib/adapters/processes/program-kind.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const windows: Platform = { system: "win32", processor: "x64", runs32Bit: true };
const linux: Platform = { system: "linux", processor: "x64", runs32Bit: true };

/** A program of Windows with one section that ends where the file does, and what an administrator may meet of it. */
function program({ processor = 0x8664, traits = 0x22, more = Buffer.alloc(0) as Buffer, signature = 0 } = {}): Buffer {
	const file = Buffer.alloc(1024);
	file.write("MZ");
	file.writeUInt32LE(0x80, 0x3c);
	file.write("PE\0\0", 0x80, "latin1");
	file.writeUInt16LE(processor, 0x84);
	file.writeUInt16LE(1, 0x86); // sections
	file.writeUInt16LE(240, 0x94); // length of the optional header
	file.writeUInt16LE(traits, 0x96);
	const optional = 0x98;
	file.writeUInt16LE(0x20b, optional);
	if (signature > 0) {
		file.writeUInt32LE(1024 + more.length, optional + 112 + 32);
		file.writeUInt32LE(signature, optional + 112 + 36);
	}
	const section = optional + 240;
	file.writeUInt32LE(512, section + 16);
	file.writeUInt32LE(512, section + 20);
	return Buffer.concat([file, more, Buffer.alloc(signature)]);
}

/** What NSIS puts behind its program: the head says how long it is. */
function nsis(told: number, length = told): Buffer {
	const data = Buffer.alloc(length);
	data.writeUInt32LE(0xdeadbeef, 4);
	data.write("NullsoftInst", 8);
	data.writeUInt32LE(told, 24);
	return data;
}

const page = "<!DOCTYPE html>\n<html><head><title>Sign in</title>";

it.each<[what: string, name: string, content: Buffer | string, kind: string]>([
	["a program", "setup.exe", program(), "program"],
	["a program of 32 bits", "setup.exe", program({ processor: 0x14c }), "program"],
	["a signed program", "setup.exe", program({ signature: 300 }), "program"],
	["an installer of NSIS", "setup.exe", program({ more: nsis(4000) }), "program"],
	["a program whose end is missing", "setup.exe", program().subarray(0, 900), "cut"],
	["one of which little came", "setup.exe", program().subarray(0, 100), "cut"],
	["one of which nearly nothing came", "setup.exe", program().subarray(0, 20), "cut"],
	["a signed one without its signature", "setup.exe", program({ signature: 300 }).subarray(0, 1100), "cut"],
	["an installer of NSIS without its data", "setup.exe", program({ more: nsis(4000, 2000) }), "cut"],
	["a program for ARM", "setup.exe", program({ processor: 0xaa64 }), "other-processor"],
	["a program for Itanium", "setup.exe", program({ processor: 0x200 }), "other-processor"],
	["a library", "setup.exe", program({ traits: 0x2022 }), "library"],
	["a program for DOS", "setup.exe", `MZ${"\0".repeat(200)}`, "dos"],
	["a program called as a batch file", "setup.cmd", program(), "script"],
	["a program called as a batch file, with a dot", "setup.bat.", program(), "script"],
	["a package of Windows Installer", "setup.msi", Buffer.from("d0cf11e0a1b11ae1000000", "hex"), "msi"],
	["one with another name", "setup.exe", Buffer.from("d0cf11e0a1b11ae1000000", "hex"), "msi"],
	["a ZIP archive", "setup.zip", Buffer.from("504b030414000000", "hex"), "zip"],
	["one with another name", "setup.exe", Buffer.from("504b030414000000", "hex"), "zip"],
	["a cabinet", "setup.cab", "MSCF\0\0\0\0", "archive"],
	["a page of a proxy", "setup.exe", page, "html"],
	["one with a byte order mark", "setup.exe", `\ufeff\r\n  ${page}`, "html"],
	["one in UTF-16", "setup.exe", Buffer.from(`\ufeff${page}`, "utf16le"), "html"],
	["one that begins with a remark", "setup.exe", `<!-- proxy -->\n<HTML>`, "html"],
	["a batch file", "setup.cmd", "@echo off\r\n", "script"],
	["a script of PowerShell", "setup.ps1", "Write-Output 1", "script"],
	["a script with its interpreter", "setup.exe", "#!/bin/sh\n", "script"],
	["a text", "setup.exe", '{"error": "not found"}', "text"],
	["an empty file", "setup.exe", "", "empty"],
	["a program for Linux", "setup.exe", Buffer.from("7f454c460201", "hex"), "linux-program"],
	["anything else", "setup.exe", Buffer.from("0001020300", "hex"), "unknown"],
])("Windows: %s (%s)", (_, name, content, kind) => {
	writeFileSync(at(name), content);
	expect(programKind(at(name), windows)).toBe(kind);
});

it("a 32-bit program is none where Windows does not run them", () => {
	writeFileSync(at("setup.exe"), program({ processor: 0x14c }));
	expect(programKind(at("setup.exe"), { ...windows, runs32Bit: false })).toBe("32-bit");
});

it.each([
	[0x8664, "program"],
	[0xaa64, "program"],
])("Windows on ARM runs programs for processor %d: %s", (processor, kind) => {
	writeFileSync(at("setup.exe"), program({ processor }));
	expect(programKind(at("setup.exe"), { ...windows, processor: "arm64" })).toBe(kind);
});

it("no beginning of a program is taken for more than it is, wherever it was cut", () => {
	const whole = program({ signature: 300, more: nsis(2000) });
	for (let length = 2; length < whole.length; length += 7) {
		writeFileSync(at("setup.exe"), whole.subarray(0, length));
		expect([length, programKind(at("setup.exe"), windows)]).toEqual([length, "cut"]);
	}
});

it.each([
	["a program", () => readFileSync("/bin/true"), "program"],
	["a script", () => "#!/bin/sh\n", "program"],
	["a program for Windows", () => program(), "windows-program"],
	["a text, which the C library would hand to sh", () => "echo hello", "text"],
])("Linux: %s", (_, content, kind) => {
	writeFileSync(at("setup"), content());
	expect(programKind(at("setup"), linux)).toBe(kind);
});
