import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { readBundle } from "../../../src/lib/adapters/files/bundle-file.js";
import { believeBundle, isOlder } from "../../../src/lib/self/bundle.js";
import { makeFolder } from "../../folders.js";
import { failure } from "../failure.js";
import { filesOf, newKeys, packed, signed } from "./signed-bundle.js";

const { key, privateKey } = newKeys();
const here = { platform: "linux", arch: "x64" };
const good = () => signed(filesOf("1.2.3"), privateKey);

describe("a bundle is believed", () => {
	it("when its list bears the signature, and every file is as the list says", async () => {
		expect(believeBundle(good(), key, here)).toMatchObject({ version: "1.2.3" });
	});

	it("never unsigned, or signed by somebody else", async () => {
		const unsigned = signed(filesOf("1.2.3"));
		expect(await failure(() => believeBundle(unsigned, key, here))).toMatchObject({
			code: "signature-missing",
			kind: "denied",
		});
		const theirs = signed(filesOf("1.2.3"), newKeys().privateKey);
		expect(await failure(() => believeBundle(theirs, key, here))).toMatchObject({
			code: "signature-wrong",
			kind: "denied",
		});
		const cut = good().set("SHA256SUMS.sig", Buffer.alloc(10));
		expect(await failure(() => believeBundle(cut, key, here))).toMatchObject({ code: "signature-wrong" });
		const longer = good();
		longer.set("SHA256SUMS", Buffer.concat([longer.get("SHA256SUMS") as Uint8Array, Buffer.from("\n")]));
		expect(await failure(() => believeBundle(longer, key, here))).toMatchObject({ code: "signature-wrong" });
	});

	it("never with a file that is another, more, or missing", async () => {
		const changed = good().set("dist/a.txt", Buffer.from("planted"));
		expect(await failure(() => believeBundle(changed, key, here))).toMatchObject({
			code: "bundle-damaged",
			data: { file: "dist/a.txt" },
		});
		const more = good().set("dist/version.dll", Buffer.from("planted"));
		expect(await failure(() => believeBundle(more, key, here))).toMatchObject({ code: "bundle-damaged" });
		const less = good();
		less.delete("dist/b.txt");
		expect(await failure(() => believeBundle(less, key, here))).toMatchObject({
			code: "bundle-damaged",
			data: { file: "dist/b.txt" },
		});
	});

	it.each([
		...["../out", "dist/../../out", "/etc/cron.d/x", "C:/x", "dist\\x", "dist/x.", "dist/.hidden", "dist//x", "a:b"],
		...["update/switch.json", "UPDATE/x", "dist/con", "nul.txt", "dist/x ", "DIST/a.txt"],
	])("never with the name %j, not even a signed one", async (name) => {
		const strange = signed(filesOf("1.2.3", { [name]: "x" }), privateKey);
		expect(await failure(() => believeBundle(strange, key, here))).toMatchObject({ code: "bundle-damaged" });
	});

	it("never for another system, or when it is no program", async () => {
		const other = { platform: "win32", arch: "x64" };
		expect(await failure(() => believeBundle(good(), key, other))).toMatchObject({
			code: "not-a-bundle",
			kind: "usage",
		});
		const native = signed(filesOf("1.2.3", { "dist/native/x-linux-arm64.node": "x" }), privateKey);
		expect(await failure(() => believeBundle(native, key, here))).toMatchObject({ code: "not-a-bundle" });
		// What was signed beside the bundles: the list of what was built.
		const built = signed(new Map([["cfm-setup.exe", Buffer.from("MZ")]]), privateKey);
		expect(await failure(() => believeBundle(built, key, here))).toMatchObject({ code: "not-a-bundle" });
		expect(await failure(() => believeBundle(new Map(), key, here))).toMatchObject({ code: "not-a-bundle" });
	});
});

it.each([
	["1.2.3", "1.2.4", true],
	["1.9.0", "1.10.0", true],
	["1.2.3", "1.2.3", false],
	["2.0.0", "1.99.99", false],
	["1.2.3-beta.2", "1.2.3", true],
	["1.2.3", "1.2.3-beta.2", false],
	["1.2.3-beta.2", "1.2.3-beta.10", true],
	["1.2.3+a", "1.2.3+b", false],
])("%s is older than %s: %s", (one, other, is) => {
	expect(isOlder(one, other)).toBe(is);
});

describe("the file of a bundle", () => {
	it.each(["cfm.zip", "cfm.tar.gz"])("%s is read whole, whatever its name becomes", async (name) => {
		const found = await readBundle(packed(good(), name));
		expect([...found.keys()].sort()).toEqual([...good().keys()].sort());
		expect(believeBundle(found, key, here).version).toBe("1.2.3");
	});

	const folder = makeFolder("archives");
	const file = (name: string, bytes: Uint8Array) => {
		writeFileSync(join(folder, name), bytes);
		return join(folder, name);
	};
	const refused = async (path: string) =>
		expect(await failure(() => readBundle(path))).toMatchObject({ code: "not-a-bundle" });

	it("is refused as a program, a text, two folders, damaged, or with links in it", async () => {
		await refused(file("cfm-setup.exe", Buffer.from("MZ\x90\x00")));
		await refused(file("notes.txt", Buffer.from("hello")));
		await refused(file("empty", Buffer.alloc(0)));
		await refused(file("two.zip", zipSync({ "a/x": Buffer.from("x"), "b/x": Buffer.from("x") })));
		for (const name of ["cut.zip", "cut.tar.gz"]) {
			const cut = packed(good(), name);
			truncateSync(cut, 900);
			await refused(cut);
		}
		await refused(file("header.tar.gz", gzipSync(Buffer.alloc(600, 65))));
		mkdirSync(join(folder, "cfm-x"));
		symlinkSync("/etc/passwd", join(folder, "cfm-x", "package.json"));
		execFileSync("tar", ["-czf", join(folder, "link.tar.gz"), "-C", folder, "cfm-x"]);
		await refused(join(folder, "link.tar.gz"));
	});

	it("is refused when it unpacks to more than a bundle can be", async () => {
		const huge = gzipSync(Buffer.alloc(2 ** 20));
		// Members of gzip follow each other: a small file of 1.1 GB.
		await refused(file("bomb.tar.gz", Buffer.concat(Array.from({ length: 1100 }, () => huge))));
	});

	it("is not looked for in folders and pipes", async () => {
		expect(await failure(() => readBundle(folder))).toMatchObject({ code: "not-a-file" });
		expect(await failure(() => readBundle(join(folder, "nowhere.zip")))).toMatchObject({ code: "file-not-found" });
	});
});
