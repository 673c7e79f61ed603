// Makes bin/cfm.exe from launcher/cfm.c, the launcher that carries every word (docs/decisions/0011). It needs a C compiler
// for Windows (Debian: gcc-mingw-w64-x86-64), which `npm run build` must not: cfm.cmd works without.
//
//   npm run build:launcher            bin/cfm.exe
//   npm run build:launcher -- FILE    somewhere else
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const target = process.argv[2] ?? join(root, "bin", "cfm.exe");
const compiler = "x86_64-w64-mingw32-gcc";
const words = ["-O2", "-s", "-municode", "-Wall", "-Wextra", "-Werror"];
// Without the time of day in it, two builds by one compiler are the same to the byte.
words.push("-Wl,--no-insert-timestamp", "-o", target, join(root, "launcher", "cfm.c"));
const { status, error } = spawnSync(compiler, words, { stdio: "inherit" });
if (error !== undefined)
	console.error(`${compiler} is not here (${error.message}): on Debian, apt-get install gcc-mingw-w64-x86-64`);
process.exitCode = status ?? 1;
