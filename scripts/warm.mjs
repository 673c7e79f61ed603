// Four steps of the build that need a bundle itself: `help FILE` prints its bare help page; `pages FILE` prints all others
// and `nouns FILE` the nouns, as JSON; `cache FILE` writes V8's cached code of it, after the common commands have run, so that what they need is compiled
// in it. With the whole program comes that of the packages.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { partsFolder } from "./cache.mjs";
import { registryOfAna, startStandIn } from "./postgres-stand-in.mjs";

const require = createRequire(import.meta.url);
const { load, loaded, onServer } = require("../bin/run.cjs");

/** Those that only a process for PDF files loads: kept, their code would make every other start read more. */
const rare = ["embedpdf-pdfium.cjs", "cantoo-pdf-lib.cjs"];

const [step, file] = process.argv.slice(2);
const dist = dirname(file);
const program = load(file);
/** `cfm`, `ids-show` …, in whatever language. */
const [name] = basename(file).split(".");

/** What each bundle is mostly asked for. Nothing seldom: the cached code is read at every start and stays small. */
const common = {
	find: ["find ana", "find anna"],
	"ids-allocate": ["ids allocate carl dora", "ids allocate ana", "ids allocate ana --json"],
	"ids-list": ["ids list", "ids list --json"],
	"ids-release": ["ids release ana --dry-run", "ids release ana --yes"],
	"ids-show": ["ids show ana", "ids show ana --json"],
	plain: ["--version", "ids list --help"],
	cfm: [
		"environments list",
		"environments list --json",
		"ids reserve 7",
		"registry info",
		"ids list --mistake",
		"users show ana",
		"status",
		"me",
	],
};

if (step === "help") process.stdout.write(await program.bareHelp());
else if (step === "nouns") process.stdout.write(JSON.stringify(program.nouns()));
else if (step === "pages") process.stdout.write(JSON.stringify(await program.helpPages(dist)));
else {
	const work = mkdtempSync(join(tmpdir(), "cfm-build-"));
	// Elevated, cfm takes no folder on Windows that it did not create itself.
	const home = join(work, "home");
	try {
		mkdirSync(partsFolder(dist), { recursive: true });
		// In processes of their own: what only these need would make every start slower.
		for (const line of ["init --yes", "ids allocate ana ben --ignore-ports"])
			execFileSync(process.execPath, [join(dist, "..", "bin", "run.cjs"), ...line.split(" ")], {
				env: variablesOf(home),
			});
		if (name === "reader") await readProfiles(home);
		else if (name.endsWith(onServer)) await runOnServer(common[name.slice(0, -onServer.length)], home);
		else if (name in common) await run(common[name], home);
		keep([file]);
		if (basename(file) === "cfm.cjs") await warmPackages(home);
	} finally {
		rmSync(work, { recursive: true, force: true });
	}
}

/** The builder's own settings must not matter; what a program needs to start on Windows must be there. */
function variablesOf(home) {
	const needed = ["SystemRoot", "TEMP", "ProgramData", "USERPROFILE", "USERNAME"];
	const system = needed.flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]]));
	return { ...Object.fromEntries(system), CFM_HOME: home, XDG_CONFIG_HOME: home, APPDATA: home };
}

/** Loads every package, and makes oclif do what it is for. */
async function warmPackages(home) {
	const names = readdirSync(join(dist, "vendor")).filter((name) => !rare.includes(name));
	const files = names.map((name) => join(dist, "vendor", name));
	for (const one of files) load(one);
	await run(["ids list --help", "ids"], home);
	keep(files);
}

/** Finds and reads a profile with one web ID, which the whole program makes, as a reader is asked to. */
async function readProfiles(home) {
	const chrome = ["AppData", "Local", "Google", "Chrome", "User Data"];
	const profile = join(home, ...(process.platform === "win32" ? chrome : [".config", "chromium"]), "Default");
	mkdirSync(profile, { recursive: true });
	writeFileSync(join(profile, "Preferences"), "{}");
	const site = "https://sign.example.com";
	const words = [
		"web",
		"set",
		"--profile-dir",
		profile,
		"--browser-kind",
		"chromium",
		"--site",
		site,
		"--id",
		"7",
		"--yes",
	];
	execFileSync(process.execPath, [join(dist, "..", "bin", "run.cjs"), ...words], {
		env: { ...process.env, ...variablesOf(home) },
		stdio: "ignore",
	});
	const respond = await program.responder();
	const user = { account: "ana", sid: null, profileFolder: home, isCurrent: true };
	for (const { profile } of await respond({ ask: "find", user })) {
		await respond({ ask: "read", profile, request: { origins: [site] } });
	}
}

async function run(lines, home, more = []) {
	for (const line of lines) {
		const said = [];
		const code = await program.main([...line.split(" "), ...more], dist, quiet(home, said));
		if (more.length > 0 && code !== 0) throw new Error(`${line} ended with ${code}: ${said.join("")}`);
	}
}

/** Runs them on a stand-in for a server: where the build runs there need not be one. */
async function runOnServer(lines, home) {
	const told = execFileSync(process.execPath, [join(dist, "..", "bin", "run.cjs"), "registry", "info", "--json"], {
		env: variablesOf(home),
	});
	const file = join(home, "password");
	writeFileSync(file, "ana's\n", { mode: 0o600 });
	const server = await startStandIn({ password: "ana's", answer: registryOfAna(JSON.parse(told).result.schema) });
	await run(lines, home, ["--registry", `postgres://ana@127.0.0.1:${server.port}/cfm`, "--password-file", file]);
	server.close();
}

function keep(files) {
	for (const one of files)
		if (loaded[one]) writeFileSync(join(partsFolder(dist), basename(one)), loaded[one].createCachedData());
}

/** Streams that lead nowhere. */
function quiet(home, said = []) {
	const nobody = { inIsTerminal: false, outIsTerminal: false, errIsTerminal: false };
	return { out: () => true, err: (text) => said.push(text), ...nobody, columns: 100, variables: variablesOf(home) };
}
