import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { nativeFile, verify } from "../../scripts/natives.mjs";
import { useFolder } from "../lib/adapters/temp.js";

const at = useFolder();

/** A repository whose lock file names a package for another system. */
function repository(): string {
	const packages = { "node_modules/@x/native-win32": { version: "1.2.3", integrity: "sha512-AAAA" } };
	writeFileSync(at("package-lock.json"), JSON.stringify({ packages }));
	return at(".");
}

describe("the binary of a system that the build does not run on", () => {
	it("is that of the installed package, else of the one that was fetched and kept", () => {
		const root = repository();
		const kept = join(root, ".cache", "natives", "@x-native-win32-1.2.3", "x64");
		mkdirSync(kept, { recursive: true });
		writeFileSync(join(kept, "a.node"), "kept");
		expect(nativeFile(root, "@x/native-win32", "x64/a.node")).toBe(join(kept, "a.node"));
		const installed = join(root, "node_modules", "@x", "native-win32", "x64");
		mkdirSync(installed, { recursive: true });
		writeFileSync(join(installed, "a.node"), "installed");
		expect(nativeFile(root, "@x/native-win32", "x64/a.node")).toBe(join(installed, "a.node"));
	});

	it("is missed aloud: a package that package-lock.json does not name is not looked for", () => {
		expect(() => nativeFile(repository(), "@x/other", "x64/a.node")).toThrow("package-lock.json names no @x/other");
	});

	it("is what package-lock.json names, or nothing", () => {
		writeFileSync(at("packed.tgz"), "the package");
		const hash = createHash("sha512").update("the package").digest("base64");
		expect(() => verify(at("packed.tgz"), `sha512-${hash}`)).not.toThrow();
		writeFileSync(at("packed.tgz"), "another");
		expect(() => verify(at("packed.tgz"), `sha512-${hash}`)).toThrow("is not what package-lock.json names");
	});
});
