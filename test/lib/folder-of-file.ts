import { rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll } from "vitest";
import { makeFolder } from "../folders.js";

/** A new folder for the tests of one file, closed to others, and gone after them. */
export function folderOfThisFile(purpose: string): string {
	const folder = makeFolder(purpose);
	afterAll(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

/** The same, for programs that a test builds: they find the packages of this repository. */
export function programsOfThisFile(purpose: string): string {
	const folder = folderOfThisFile(purpose);
	symlinkSync(join(import.meta.dirname, "..", "..", "node_modules"), join(folder, "node_modules"));
	return folder;
}
