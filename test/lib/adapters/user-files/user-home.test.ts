import { chownSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { beforeEach, describe, expect, it } from "vitest";
import { UserHome } from "../../../../src/lib/adapters/user-files/user-home.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();
const inHome = <T>(work: (home: UserHome) => T): T => {
	const home = UserHome.open(at("home"));
	try {
		return work(home);
	} finally {
		home.close();
	}
};
const refused = { known: false, why: expect.stringMatching(/^a link leads out/) };

beforeEach(() => {
	mkdirSync(at("home", "data"), { recursive: true });
	mkdirSync(at("outside"));
	writeFileSync(at("outside", "secret"), "secret");
	writeFileSync(at("home", "data", "small"), "small");
	symlinkSync("data", at("home", "inside"));
	symlinkSync(at("outside"), at("home", "data", "out"));
});

describe("a path in a user's home", () => {
	it("leads through links that stay inside, and through none that leads out", () => {
		inHome((home) => {
			expect(home.text(home.at("inside", "small"), 10)).toEqual({ known: true, value: "small" });
			expect(home.names(home.at("inside"))).toEqual({ known: true, value: ["out", "small"] });
			expect(home.real(home.at("inside", "small"))).toEqual({ known: true, value: at("home", "data", "small") });
			expect(home.text(home.at("inside", "out", "secret"), 10)).toEqual(refused);
			expect(home.names(home.at("inside", "out"))).toEqual(refused);
			expect(home.real(at("outside", "secret"))).toEqual(refused);
			expect(home.look(home.at("inside", "out"))).toEqual({ refused: refused.why });
		});
	});

	it("is never longer than a user can make it", () => {
		symlinkSync(".", at("home", "round"));
		inHome((home) => {
			const why = expect.stringMatching(/^too many links/);
			expect(home.look(home.at(...Array(100).fill("round")))).toEqual({ refused: why });
			expect(home.look(home.at("data/".repeat(100_000)))).toEqual({ refused: why });
		});
	});

	it("that is not there is not refused", () => {
		inHome((home) => {
			expect(home.look(home.at("none", "below"))).toBe("none");
			expect(home.look(home.at("data", "small", "below"))).toBe("none");
			expect(home.look(home.at("n".repeat(300)))).toBe("none");
			expect(home.text(home.at("none"), 10)).toEqual({ known: true, value: null });
		});
	});

	it.skipIf(process.platform !== "linux")("leaves nothing open", () => {
		const before = readdirSync("/proc/self/fd").length;
		inHome((home) => {
			for (const path of ["inside/small", "inside/out/secret", "none/none", "data"]) {
				home.text(home.at(path), 10);
				home.names(home.at(path));
			}
		});
		expect(readdirSync("/proc/self/fd").length).toBe(before);
	});
});

describe("a text that is written into a user's home", () => {
	it("replaces a file, and neither a link nor what it leads to", () => {
		symlinkSync("small", at("home", "data", "link"));
		inHome((home) => {
			home.write(home.at("inside", "small"), "new");
			expect(() => home.write(home.at("data", "link"), "new")).toThrow(/not a plain file/);
			expect(() => home.write(home.at("data", "out", "secret"), "new")).toThrow(/leads out/);
			expect(() => home.write(home.at("none", "file"), "new")).toThrow(/no folder/);
		});
		expect(readFileSync(at("home", "data", "small"), "utf8")).toBe("new");
		expect(readFileSync(at("outside", "secret"), "utf8")).toBe("secret");
		expect(readdirSync(at("home", "data")).sort()).toEqual(["link", "out", "small"]);
	});

	it.skipIf(!isRoot)("belongs to the user, whoever wrote it", () => {
		chownSync(at("home", "data"), 12_345, 12_346);
		inHome((home) => home.write(home.at("data", "id"), "7"));
		const { uid, gid, mode } = statSync(at("home", "data", "id"));
		expect({ uid, gid, mode: mode & 0o777 }).toEqual({ uid: 12_345, gid: 12_346, mode: 0o600 });
	});
});
