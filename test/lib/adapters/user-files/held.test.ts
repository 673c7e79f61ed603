import { statSync, writeFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { locksIn, setLocks, whyHeld } from "../../../../src/lib/adapters/user-files/held.js";
import { UserFolder } from "../../../../src/lib/adapters/user-files/user-folder.js";
import { useFolder } from "../temp.js";

const at = useFolder();
afterEach(() => setLocks(undefined));

/** A line of proc(5)'s list about a file. */
function lineOf(path: string): string {
	const { dev, ino } = statSync(path);
	const major = Math.floor(dev / 256) % 4096;
	const minor = (dev % 256) + Math.floor(dev / 2 ** 20) * 256;
	const hex = (part: number) => part.toString(16).padStart(2, "0");
	return `1: POSIX  ADVISORY  WRITE 4711 ${hex(major)}:${hex(minor)}:${ino} 0 EOF\n`;
}

it.runIf(process.platform === "linux")("a lock is one, none is none, and a list that cannot be read is neither", () => {
	writeFileSync(at("LOCK"), "");
	const folder = UserFolder.open(at());
	try {
		setLocks(locksIn(lineOf(at("LOCK"))));
		expect(whyHeld(folder, "LOCK", "it runs")).toBe("it runs");
		setLocks(locksIn(lineOf(at())));
		expect(whyHeld(folder, "LOCK", "it runs")).toBeUndefined();
		setLocks(null);
		expect(whyHeld(folder, "LOCK", "it runs")).toMatch(/^can't determine whether a browser runs/);
		expect(whyHeld(folder, "none", "it runs")).toBeUndefined();
	} finally {
		folder.close();
	}
});
