import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, closeSync, mkdirSync, openSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { build } from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";
import { readInput } from "../../../../src/lib/cli/input/file.js";
import { isWindowsDevice, readFailure } from "../../../../src/lib/cli/input/source.js";
import { folderOfThisFile } from "../../folder-of-file.js";
import { usersColumn } from "./users-column.js";

const folder = folderOfThisFile("input");
const path = (name: string) => join(folder, name);

function file(name: string, content: string): string {
	writeFileSync(path(name), content);
	return path(name);
}

describe("a file", () => {
	it("is read, also through a link and with spaces in its name", async () => {
		const real = file("my üsers.csv", "User;Note\njdupont;x\n");
		symlinkSync(real, path("link.csv"));
		for (const source of [real, path("link.csv")]) {
			const table = await readInput(source);
			expect(table.source).toBe(source);
			expect(usersColumn(table)).toEqual([{ line: 2, text: "jdupont" }]);
		}
	});

	it("must exist", async () => {
		symlinkSync("loop", path("loop"));
		for (const source of [
			path("none.csv"),
			`${file("f", "x")}/below`,
			path("x".repeat(5000)),
			"",
			"a\0b",
			path("loop"),
		]) {
			await expect(readInput(source)).rejects.toMatchObject({ kind: "not-found", code: "file-not-found" });
		}
	});

	it("must be readable", async () => {
		const secret = file("secret.csv", "jdupont\n");
		chmodSync(secret, 0);
		// Root may read anything: be somebody else for this one.
		const root = process.geteuid?.() === 0;
		chmodSync(folder, 0o755);
		if (root) process.seteuid?.(65534);
		try {
			await expect(readInput(secret)).rejects.toMatchObject({ kind: "denied", code: "file-not-readable" });
		} finally {
			if (root) process.seteuid?.(0);
		}
	});

	it("must be a file: a folder, a pipe, a device and a socket are refused without waiting for them", async () => {
		mkdirSync(path("folder"));
		execFileSync("mkfifo", [path("fifo")]);
		const server = createServer().listen(path("socket"));
		await new Promise((ready) => server.once("listening", ready));
		try {
			for (const source of [folder, path("folder"), path("fifo"), "/dev/zero", "/dev/null", path("socket")]) {
				await expect(readInput(source)).rejects.toMatchObject({ kind: "usage", code: "not-a-file" });
			}
		} finally {
			server.close();
		}
	});

	it("may have 256 MB and no more", async () => {
		const big = file("big.csv", "");
		truncateSync(big, 256 * 1024 * 1024 + 1);
		await expect(readInput(big)).rejects.toMatchObject({ kind: "usage", code: "input-too-large" });
	});
});

describe("standard input", () => {
	it("is read to its end from a pipe", async () => {
		execFileSync("mkfifo", [path("slow")]);
		// More than a pipe holds: the writer goes on only when it is read.
		const words = ["-c", `{ echo jdupont; head -c 300000 /dev/zero | tr "\\0" "\\n"; echo mmartin; } > "$0"`];
		const writer = spawn("sh", [...words, path("slow")]);
		const done = new Promise((exit) => writer.once("exit", exit));
		const descriptor = openSync(path("slow"), "r");
		const table = await readInput("-", { stdin: descriptor });
		await done;
		expect(table.source).toBe("standard input");
		expect(usersColumn(table).map((user) => user.text)).toEqual(["jdupont", "mmartin"]);
	});

	it("must not be a terminal", async () => {
		const terminal = openSync("/dev/ptmx", "r+");
		try {
			await expect(readInput("-", { stdin: terminal })).rejects.toMatchObject({
				kind: "usage",
				code: "stdin-is-terminal",
			});
		} finally {
			closeSync(terminal);
		}
	});

	it("may not go on for ever", async () => {
		const error = { kind: "usage", code: "input-too-large" };
		await expect(readInput("-", { stdin: openSync("/dev/zero", "r") })).rejects.toMatchObject(error);
	});

	it("may be a folder by mistake", async () => {
		const error = { kind: "usage", code: "not-a-file" };
		await expect(readInput("-", { stdin: openSync(folder, "r") })).rejects.toMatchObject(error);
	});

	describe("of a process", () => {
		const program = path("read.mjs");
		beforeAll(async () => {
			const entry = (name: string) =>
				JSON.stringify(new URL(`../../../../src/lib/cli/input/${name}.ts`, import.meta.url).pathname);
			await build({
				stdin: {
					contents: `import { readInput } from ${entry("file")};
						import { sortUsers } from ${entry("users")};
						readInput("-").then(
							(table) => console.log(sortUsers(table).users.map((user) => user.text).join(" ")),
							(error) => console.log(error.kind, error.code),
						);`,
					resolveDir: process.cwd(),
				},
				bundle: true,
				format: "esm",
				platform: "node",
				outfile: program,
			});
		});
		const run = (shell: string) =>
			spawnSync("sh", ["-c", shell.replace("@", '"$0" "$1"'), process.execPath, program], {
				encoding: "utf8",
				timeout: 110_000,
			}).stdout.trim();

		it.each([
			["a pipe", "printf 'User,Note\\na,x\\nb,y\\n' | @", "a b"],
			[
				"a pipe that is filled again and again",
				"{ echo a; head -c 300000 /dev/zero | tr '\\0' '\\n'; echo b; } | @",
				"a b",
			],
			["a file", `printf 'a\\nb\\n' > "${folder}/in.txt"; @ < "${folder}/in.txt"`, "a b"],
			["nothing", "@ < /dev/null", "usage empty-input"],
			["a closed one", "@ <&-", "usage empty-input"],
			["a folder", `@ < "${folder}"`, "usage empty-input"],
			["an endless one", "yes | @", "usage input-too-large"],
		])("is %s", (_, shell, expected) => {
			expect(run(shell)).toBe(expected);
		});
	});
});

describe("what the system says", () => {
	it.each([
		["ENOENT", "not-found", "file-not-found"],
		["EACCES", "denied", "file-not-readable"],
		["EPERM", "denied", "file-not-readable"],
		["EISDIR", "usage", "not-a-file"],
		["EBUSY", "busy", "file-in-use"],
		["EIO", "unavailable", "file-read-failed"],
	])("%s becomes %s", (code, kind, ours) => {
		const cause = Object.assign(new Error(code), { code });
		expect(readFailure(cause, "x")).toMatchObject({ kind, code: ours });
	});

	it("knows the names that are devices on Windows", () => {
		const devices = ["NUL", "con", "C:\\x\\aux.csv", "C:/x/COM1", "lpt9.txt ", "\\\\.\\COM1", "//./pipe/x", "conin$"];
		expect(devices.filter((name) => !isWindowsDevice(name))).toEqual([]);
		const pipes = ["\\\\server\\pipe\\spoolss", "\\\\?\\pipe\\x"];
		expect(pipes.filter((name) => !isWindowsDevice(name))).toEqual([]);
		const files = [
			"contacts.csv",
			"C:\\console\\users.csv",
			"com10.csv",
			"\\\\server\\share\\users.csv",
			"\\\\?\\C:\\u.csv",
		];
		expect(files.filter(isWindowsDevice)).toEqual([]);
	});
});
