import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { filesBelow, settle, tarball, zip } from "../../scripts/bundle/archives.mjs";
import { licences } from "../../scripts/bundle/licences.mjs";
import { docsPage } from "../../scripts/bundle/page.mjs";
import { sbom } from "../../scripts/bundle/sbom.mjs";
import { writeSums } from "../../scripts/bundle/sums.mjs";
import { sumsSigner } from "../../scripts/update-key.mjs";
import { makeFolder } from "../folders.js";

const root = join(import.meta.dirname, "..", "..");
const time = new Date("2026-02-03T04:05:06Z");

/** A folder with the same files, made in another order at another time. */
function laidOut(names: readonly string[], at: Date): string {
	const folder = join(makeFolder("bundle"), "cfm-1");
	for (const name of names) {
		mkdirSync(join(folder, name, ".."), { recursive: true });
		writeFileSync(join(folder, name), `content of ${name}`);
		utimesSync(join(folder, name), at, at);
	}
	settle(folder, time, (name) => name === "bin/cfm");
	return folder;
}

describe("the archives", () => {
	const first = laidOut(["bin/cfm", "dist/ü.cjs", "a"], new Date("2020-01-01"));
	const second = laidOut(["a", "dist/ü.cjs", "bin/cfm"], new Date("2021-12-31"));

	it("are the same to the byte when they are made of the same files", () => {
		const [one, two] = [first, second].map((folder) => {
			zip(folder, `${folder}.zip`, time);
			tarball(folder, `${folder}.tar.gz`);
			return [readFileSync(`${folder}.zip`), readFileSync(`${folder}.tar.gz`)];
		});
		expect(one).toEqual(two);
	});

	it("hold every file below one folder, and programs can be run", () => {
		zip(first, `${first}.zip`, time);
		const unpacked = unzipSync(readFileSync(`${first}.zip`));
		expect(Object.keys(unpacked).sort()).toEqual(["cfm-1/a", "cfm-1/bin/cfm", "cfm-1/dist/ü.cjs"]);
		tarball(first, `${first}.tar.gz`);
		const list = execFileSync("tar", ["-tvzf", `${first}.tar.gz`], {
			encoding: "utf8",
			env: { ...process.env, TZ: "UTC" },
		});
		expect(list).toMatch(/^-rwxr-xr-x 0\/0 .* 2026-02-03 04:05 cfm-1\/bin\/cfm$/m);
		expect(list).toMatch(/^-rw-r--r-- 0\/0 .* cfm-1\/a$/m);
	});

	it("bring sums that sha256sum agrees with", () => {
		writeSums(first, undefined);
		execFileSync("sha256sum", ["--check", "--strict", "--quiet", "SHA256SUMS"], { cwd: first });
		expect(filesBelow(first)).not.toContain("SHA256SUMS.sig");
	});

	it("bring a signature of the sums that openssl agrees with, by the key of the build alone", () => {
		const folder = makeFolder("keys");
		const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
		for (const name of ["own", "other"]) {
			openssl("genpkey", "-algorithm", "ed25519", "-out", `${name}.pem`);
			openssl("pkey", "-in", `${name}.pem`, "-pubout", "-out", `${name}-public.pem`);
		}
		openssl("genpkey", "-algorithm", "ed448", "-out", "ed448.pem");
		try {
			expect(sumsSigner(undefined)).toBeUndefined();
			process.env.CFM_UPDATE_KEY = join(folder, "own-public.pem");
			writeSums(first, sumsSigner(join(folder, "own.pem")));
			const words = ["-verify", "-pubin", "-inkey", "own-public.pem", "-rawin", "-in", join(first, "SHA256SUMS")];
			openssl("pkeyutl", ...words, "-sigfile", join(first, "SHA256SUMS.sig"));
			expect(readFileSync(join(first, "SHA256SUMS"), "utf8")).not.toContain("SHA256SUMS");
			expect(() => sumsSigner(join(folder, "other.pem"))).toThrow("is not the public key");
			expect(() => sumsSigner(join(folder, "ed448.pem"))).toThrow("Ed25519");
			expect(() => sumsSigner(undefined)).toThrow("--sums-key");
		} finally {
			delete process.env.CFM_UPDATE_KEY;
		}
	});
});

describe("the documentation as one page", () => {
	const page = docsPage(root, "1.2.3", true);

	it("holds every page, and no link leads nowhere", () => {
		const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id ?? "");
		expect(ids).toEqual(expect.arrayContaining(["readme", "docs-install", "docs-commands-ids-allocate"]));
		expect(new Set(ids).size).toBe(ids.length);
		const targets = [...page.matchAll(/ href="#([^"]+)"/g)].map(([, id]) => id ?? "");
		expect(targets.filter((id) => !ids.includes(id))).toEqual([]);
	});

	it("tells of updates from a file only where there are such", () => {
		expect(page).toContain("cfm self update --from");
		expect(docsPage(root, "1.2.3", false)).not.toContain("self update --from");
	});

	it("needs nothing from elsewhere", () => {
		expect(page).not.toMatch(/<script|<link|@import/);
		expect([...page.matchAll(/ (?:src|srcset)="(?!data:)([^"]*)"/g)].map(([, url]) => url)).toEqual([]);
	});
});

describe("what is inside", () => {
	const packages = [
		{ name: "@a/b", version: "1.0.0", license: "MIT", author: "Ana", text: undefined, integrity: "sha512-AAEC" },
		{ name: "c", version: "2.0.0", license: "ISC", author: "", text: "Permission …", integrity: undefined },
	];

	it("is listed as CycloneDX, with the Node of the bundle", () => {
		const node = { version: "24.0.0", file: join(root, "package.json") };
		const list = JSON.parse(sbom(packages, { version: "1.2.3", platform: "win-x64", node, time }));
		expect(list).toMatchObject({
			bomFormat: "CycloneDX",
			specVersion: "1.6",
			metadata: { component: { version: "1.2.3" } },
		});
		expect(list.components.map(({ purl }: { purl: string }) => purl)).toEqual([
			"pkg:npm/%40a/b@1.0.0",
			"pkg:npm/c@2.0.0",
			"pkg:generic/node@24.0.0",
		]);
		expect(list.components[0].externalReferences[0].hashes).toEqual([{ alg: "SHA-512", content: "000102" }]);
		expect(list.dependencies[0].dependsOn).toHaveLength(3);
	});

	it("has its licences in one file; a package without a text names at least whose it is", () => {
		const text = licences(root, packages, "24.0.0");
		expect(text).toMatch(/@a\/b 1\.0\.0 \(MIT\)\n=+\n\nCopyright \(c\) Ana\n\nPermission is hereby granted/);
		expect(text).toContain("Node.js 24.0.0");
		const unknown = [{ ...packages[0], license: "Apache-2.0" }];
		expect(() => licences(root, unknown as typeof packages, "24.0.0")).toThrow("brings no licence text");
	});
});
