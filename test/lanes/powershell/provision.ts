/**
 * What the lane has from NuGet, all in exact versions: the real pwsh for this system, the host (`host/`) that runs scripts
 * as a win32 process, and Pester. Each is made once and kept under `.cache/powershell/`.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** The lane's folder. */
export const here = path.dirname(fileURLToPath(import.meta.url));
export const project = path.resolve(here, "../../..");
const sources = path.join(here, "host");
const cache = path.join(project, ".cache", "powershell");

/** The file of a program on PATH; undefined when there is none. */
function onPath(name: string): string | undefined {
	const names = process.platform === "win32" ? [`${name}.exe`] : [name];
	return (process.env.PATH ?? "")
		.split(path.delimiter)
		.flatMap((folder) => names.map((file) => path.join(folder, file)))
		.find((file) => fs.existsSync(file));
}

/** The SDK that all of it needs; newer ones build for its framework but bring no runtime of it. */
const sdk = "10.0";

/** Why PowerShell cannot be had here; undefined when it can. */
export function missingForPowerShell(): string | undefined {
	if (onPath("dotnet") === undefined) return `no dotnet on PATH: it needs the .NET SDK ${sdk}`;
	const { stdout } = spawnSync("dotnet", ["--list-sdks"], { encoding: "utf8" });
	return stdout.includes(`${sdk}.`) ? undefined : `dotnet on PATH has no SDK ${sdk}`;
}

/** bin/cfm.exe, built as `npm run build:launcher` builds it; kept by its source. */
export function provisionLauncher(): string {
	const source = path.join(project, "launcher", "cfm.c");
	const hash = createHash("sha256").update(fs.readFileSync(source)).digest("hex").slice(0, 16);
	const file = path.join(cache, `cfm-${hash}.exe`);
	if (fs.existsSync(file)) return file;
	fs.mkdirSync(cache, { recursive: true });
	const made = `${file}.${process.pid}`;
	const done = spawnSync(process.execPath, [path.join(project, "scripts", "launcher.mjs"), made], { encoding: "utf8" });
	if (done.status !== 0) throw new Error(`cfm.exe cannot be built: ${done.stderr}`);
	fs.renameSync(made, file);
	return file;
}

/** PowerShell's version, also in host.csproj: the lane runs this one, whatever is on PATH. */
const version = "7.6.9";

/** No statistics over the network, no look for a newer version. */
export const quietly = {
	POWERSHELL_TELEMETRY_OPTOUT: "1",
	POWERSHELL_UPDATECHECK: "Off",
	DOTNET_CLI_TELEMETRY_OPTOUT: "1",
	DOTNET_NOLOGO: "1",
};

/**
 * Makes a folder of the cache once. It is made beside its place and renamed: whoever sees it sees it whole, and two that
 * make it at once do no harm.
 */
function once(name: string, make: (making: string) => void): string {
	const folder = path.join(cache, name);
	if (fs.existsSync(folder)) return folder;
	fs.mkdirSync(cache, { recursive: true });
	const making = fs.mkdtempSync(path.join(cache, "making-"));
	try {
		make(path.join(making, name));
		// What it takes the place of: `win32-…`, and not another part.
		const kind = name.replace(/-.*/, "-");
		for (const old of fs.readdirSync(cache)) {
			if (old.startsWith(kind) && old !== name) fs.rmSync(path.join(cache, old), { recursive: true, force: true });
		}
		if (!fs.existsSync(folder)) fs.renameSync(path.join(making, name), folder);
	} finally {
		fs.rmSync(making, { recursive: true, force: true });
	}
	return folder;
}

function run(program: string, words: string[]): void {
	const done = spawnSync(program, words, { encoding: "utf8", env: { ...process.env, ...quietly } });
	if (done.status === 0) return;
	throw new Error(
		`${program} ${words.join(" ")} ended with ${done.status ?? done.signal}\n${done.stdout}${done.stderr}`,
	);
}

function hashOf(folder: string): string {
	const hash = createHash("sha256");
	for (const name of fs.readdirSync(folder).sort()) {
		hash.update(`${name}\0`).update(fs.readFileSync(path.join(folder, name)));
	}
	return hash.digest("hex").slice(0, 16);
}

/** The words that start the real pwsh of this system; installing it takes some seconds and 200 MB, once. */
export function provisionPwsh(): [program: string, ...words: string[]] {
	const folder = once(`pwsh-${version}`, (making) =>
		run("dotnet", ["tool", "install", "PowerShell", "--version", version, "--tool-path", making]),
	);
	// The tool's own `pwsh` would start this in a second .NET: a third of a second more, and one more to be interrupted.
	const tool = path.join(folder, ".store", "powershell", version, "powershell", version, "tools", "net10.0", "any");
	return ["dotnet", path.join(tool, process.platform === "win32" ? "win" : "unix", "pwsh.dll")];
}

/** Runner.cs as an assembly that the real pwsh loads, compiled by itself. */
export function provisionRunner(): string {
	const folder = once(`runner-${hashOf(sources)}`, (making) => {
		fs.mkdirSync(making);
		const [program, ...words] = provisionPwsh();
		const compile = `Add-Type -Path '${path.join(sources, "Runner.cs")}' -OutputAssembly '${path.join(making, "runner.dll")}'`;
		run(program, [...words, "-NoProfile", "-NonInteractive", "-Command", compile]);
	});
	return path.join(folder, "runner.dll");
}

/** The folder of the host for Windows and its program; building it takes 15 s and 119 MB, once. */
export function provisionHost(): { folder: string; program: string } {
	const folder = once(`win32-${hashOf(sources)}`, (making) => {
		const places = ["--artifacts-path", `${making}-artifacts`, "--output", making];
		run("dotnet", ["publish", sources, "--configuration", "Release", ...places, "--nologo", "-v", "quiet"]);
	});
	return { folder, program: "powershell-host.exe" };
}

/** A folder with the modules that scripts of the lane can import besides PowerShell's own: Pester. */
export function provisionModules(): string {
	return once(`modules-${hashOf(path.join(here, "modules"))}`, (making) => {
		const [project, packages] = [path.join(here, "modules", "modules.csproj"), `${making}-packages`];
		run("dotnet", [
			"restore",
			project,
			"--packages",
			packages,
			"--artifacts-path",
			`${making}-artifacts`,
			"-v",
			"quiet",
		]);
		fs.mkdirSync(making);
		const [version] = fs.readdirSync(path.join(packages, "pester"));
		fs.renameSync(path.join(packages, "pester", `${version}`, "tools"), path.join(making, "Pester"));
	});
}
