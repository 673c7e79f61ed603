// The addon of pkcs11js, for each system that a compiler is here for (docs/decisions/0042): npm runs no install scripts, and
// nobody ships it compiled. Linux takes g++, Windows mingw (Debian: g++, g++-mingw-w64-x86-64). Where it is missing, tokens
// are asked through koffi, and cfm says so.
//
//   node scripts/pkcs11.mjs        into dist/native
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readFileSync,
	renameSync,
	rmSync,
	writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);

/** The rest of its sources is included by these three, as its own binding.gyp has them. */
const sources = ["dl.cpp", "common.cpp", "main.cpp"];
const common = [
	...["-std=c++17", "-O2", "-shared", "-s", "-w"],
	...["-DNODE_GYP_MODULE_NAME=pkcs11", "-DNAPI_DISABLE_CPP_EXCEPTIONS"],
];
const targets = [
	{
		platform: "linux",
		arch: process.arch,
		compiler: "g++",
		words: ["-fPIC", "-static-libgcc", "-static-libstdc++"],
		libraries: () => ["-ldl"],
	},
	{
		platform: "win32",
		arch: "x64",
		compiler: "x86_64-w64-mingw32-g++",
		// Without the time of day in it, two builds by one compiler are the same to the byte.
		words: ["-static", "-Wl,--no-insert-timestamp"],
		libraries: (folder) => [importLibrary(folder)],
	},
];

/** Compiles what can be compiled here. @returns {string[]} what could not, each with the reason */
export function buildPkcs11(dist) {
	const missing = [];
	for (const target of targets) {
		const name = `pkcs11-${target.platform}-${target.arch}.node`;
		// On Windows its own compiler is another one than this, and few have it.
		const made = process.platform === "linux" ? compiled(target, name) : { why: "built on Linux only" };
		if (made.why !== undefined) missing.push(`${name}: ${made.why}`);
		else {
			mkdirSync(join(dist, "native"), { recursive: true });
			copyFileSync(made.file, join(dist, "native", name));
		}
	}
	return missing;
}

/** Kept from one build to the next, as long as the sources and the way to compile them are the same. */
function compiled(target, name) {
	const package_ = dirname(require.resolve("pkcs11js/package.json"));
	const headers = require("node-api-headers").include_dir;
	const versions = ["pkcs11js", "node-api-headers"].map((one) => require(`${one}/package.json`).version);
	const { stdout, error } = spawnSync(target.compiler, ["--version"], { encoding: "utf8" });
	if (error !== undefined) return { why: `${target.compiler} is not here` };
	const key = createHash("sha256")
		.update([versions, stdout, common, target.words].join("\n"))
		.digest("hex")
		.slice(0, 16);
	const file = join(root, ".cache", "natives", `pkcs11-${key}`, name);
	if (existsSync(file)) return { file };
	mkdirSync(dirname(file), { recursive: true });
	// Beside its place, and put there whole: two builds may run at once.
	const folder = mkdtempSync(join(dirname(file), "made-"));
	try {
		const includes = ["-I", join(package_, "includes"), "-I", headers];
		const files = sources.map((one) => join(package_, "src", one));
		const out = join(folder, name);
		const words = [...common, ...target.words, ...includes, "-o", out, ...files, ...target.libraries(folder)];
		const { status, stderr } = spawnSync(target.compiler, words, { encoding: "utf8" });
		if (status !== 0) return { why: `${target.compiler}: ${stderr.split("\n").slice(0, 3).join("; ")}` };
		renameSync(out, file);
		return { file };
	} finally {
		rmSync(folder, { recursive: true, force: true });
	}
}

/** What Node's own program exports, for the linker: the lists that come with the headers, each named after that program. */
function importLibrary(folder) {
	const { js_native_api_def, node_api_def } = require("node-api-headers").def_paths;
	const names = [js_native_api_def, node_api_def].flatMap((file) =>
		readFileSync(file, "utf8")
			.split(/\r?\n/)
			.filter((line) => line !== "" && !/^(NAME|EXPORTS)/.test(line)),
	);
	const list = join(folder, "node.def");
	const library = join(folder, "libnode.a");
	writeFileSync(list, ["LIBRARY node.exe", "EXPORTS", ...names, ""].join("\n"));
	spawnSync("x86_64-w64-mingw32-dlltool", ["-d", list, "-l", library], { stdio: "inherit" });
	return library;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const missing = buildPkcs11(join(root, "dist"));
	for (const one of missing) console.error(one);
	process.exitCode = missing.length > 0 ? 1 : 0;
}
