/**
 * Builds the lane's PowerShell host (`host/`) from PowerShell's engine on NuGet, once for Linux and once as a win32
 * program, and keeps both under `.cache/powershell/` by the hash of what they were made from.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
export const project = path.resolve(here, "../../..");
const sources = path.join(here, "host");
const cache = path.join(project, ".cache", "powershell");

/** The one source that a real pwsh compiles itself. */
export const runnerSource = path.join(sources, "Runner.cs");

export type Target = "linux" | "win32";
const program: Record<Target, string> = { linux: "powershell-host", win32: "powershell-host.exe" };
const command: Record<Target, string[]> = {
	linux: ["build"],
	win32: ["publish", "--runtime", "win-x64", "--self-contained"],
};

/** The file of a program on PATH; undefined when there is none. */
export function onPath(name: string): string | undefined {
	const names = process.platform === "win32" ? [`${name}.exe`] : [name];
	return (process.env.PATH ?? "")
		.split(path.delimiter)
		.flatMap((folder) => names.map((file) => path.join(folder, file)))
		.find((file) => fs.existsSync(file));
}

/** The SDK that host.csproj needs; newer ones build for its framework but bring no runtime of it. */
const sdk = "10.0";

/** What the host cannot be built for; undefined when it can. */
export function missingForHost(): string | undefined {
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

/** The version of PowerShell that the lane runs, everywhere: from NuGet, whatever is on PATH. */
const version = "7.6.9";

/** No statistics over the network, no look for a newer version. */
export const quietly = {
	POWERSHELL_TELEMETRY_OPTOUT: "1",
	POWERSHELL_UPDATECHECK: "Off",
	DOTNET_CLI_TELEMETRY_OPTOUT: "1",
	DOTNET_NOLOGO: "1",
};

/**
 * The file of the real pwsh for this system; installing it takes some seconds and 200 MB, once.
 * @throws when NuGet has it not
 */
export function provisionPwsh(): string {
	const folder = path.join(cache, `pwsh-${version}`);
	const file = path.join(folder, process.platform === "win32" ? "pwsh.exe" : "pwsh");
	if (fs.existsSync(file)) return file;
	fs.mkdirSync(cache, { recursive: true });
	// Beside it and renamed, as the host below.
	const making = fs.mkdtempSync(path.join(cache, "making-pwsh-"));
	const words = ["tool", "install", "PowerShell", "--version", version, "--tool-path", making];
	const done = spawnSync("dotnet", words, { encoding: "utf8", env: { ...process.env, ...quietly } });
	if (done.status !== 0)
		throw new Error(`dotnet ${words.join(" ")} ended with ${done.status}\n${done.stdout}${done.stderr}`);
	if (fs.existsSync(folder)) fs.rmSync(making, { recursive: true });
	else fs.renameSync(making, folder);
	return file;
}

function hashOfSources(): string {
	const hash = createHash("sha256");
	for (const name of fs.readdirSync(sources).sort()) {
		hash.update(`${name}\0`).update(fs.readFileSync(path.join(sources, name)));
	}
	return hash.digest("hex").slice(0, 16);
}

/**
 * The folder of the built host; building it takes 5 to 25 s, once.
 * @throws when it does not compile, or a package cannot be had
 */
export function provisionHost(target: Target): { folder: string; program: string } {
	const folder = path.join(cache, `${target}-${hashOfSources()}`);
	const built = { folder, program: program[target] };
	if (fs.existsSync(folder)) return built;
	fs.mkdirSync(cache, { recursive: true });
	// Made beside it and renamed: whoever sees the folder sees it whole, and two builds at once do no harm.
	const making = fs.mkdtempSync(path.join(cache, `making-${target}-`));
	const output = path.join(making, "host");
	const places = ["--artifacts-path", path.join(making, "artifacts"), "--output", output];
	const words = [...command[target], sources, "--configuration", "Release", ...places, "--nologo", "-v", "quiet"];
	const environment = { ...process.env, DOTNET_CLI_TELEMETRY_OPTOUT: "1", DOTNET_NOLOGO: "1" };
	const done = spawnSync("dotnet", words, { encoding: "utf8", env: environment });
	if (done.status !== 0) {
		fs.rmSync(making, { recursive: true });
		throw new Error(`dotnet ${words.join(" ")} ended with ${done.status ?? done.signal}\n${done.stdout}${done.stderr}`);
	}
	for (const name of fs.readdirSync(cache)) {
		if (name.startsWith(`${target}-`)) fs.rmSync(path.join(cache, name), { recursive: true, force: true });
	}
	if (!fs.existsSync(folder)) fs.renameSync(output, folder);
	fs.rmSync(making, { recursive: true });
	return built;
}
