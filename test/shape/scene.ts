import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { Streams } from "../../src/lib/cli/streams.js";
import type { Machine, RunPort } from "../../src/lib/client/ports.js";
import type { Host } from "../../src/lib/host/host.js";
import { thisHost } from "../../src/lib/this-host.js";
import { main } from "../../src/main.js";
import { makeFolder } from "../folders.js";

/** The bundle's folder, which only oclif is told of. */
export const dist = join(import.meta.dirname, "..", "..", "dist");

/** How a command ended, and what it wrote. */
export interface Ran {
	code: number;
	out: string;
	err: string;
}

/**
 * A folder of its own for one test: `cfm`'s own things, a configuration, a home and a working folder with the files that
 * documented examples name.
 */
export interface Scene {
	folder: string;
	/** CFM_HOME. */
	home: string;
	/** HOME: the client is installed below it. */
	user: string;
	/** Where `users.csv`, `known.csv` and the stand-in installer are. */
	work: string;
	/** Who runs the commands. */
	account: string;
	/** The file of the machine's accounts, passwd(5): root, and who runs the commands. */
	accounts: string;
	/** What commands that run in this process reach of the machine. */
	host: Host;
	/** All that a program run in it is told: nothing of whoever runs the tests but where programs are. */
	environment: Record<string, string>;
	/** Runs a command line in this process, from source, off a terminal. */
	run(words: readonly string[], streams?: Partial<Streams>): Promise<Ran>;
	remove(): void;
}

/** Leaves what the client's installer would leave, with the ID it was given, and an uninstaller that takes it away. */
const standIn = `#!/bin/sh
for word in "$@"; do case "$word" in /CFMID=*) id="\${word#/CFMID=}" ;; esac; done
folder="$HOME/.local/share/certifio-manager-se"
mkdir -p "$folder" && cd "$folder" || exit 2
echo "$id" > client-id
echo '{"version":"3.1.0"}' > uninstall.json
echo '#!/bin/sh' > certifio-manager-se
printf '#!/bin/sh\\nrm -rf "$HOME/.local/share/certifio-manager-se"\\n' > uninstall
chmod +x certifio-manager-se uninstall
`;

/** What Windows PowerShell 5.1 writes: `Get-ADUser … | Select Name, SamAccountName | Export-Csv`. */
const usersCsv =
	'#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\n"Name","SamAccountName"\r\n"Eve","eve"\r\n';

const knownCsv = "user,id,note\r\nCORP\\fay,120,since 2019\r\nCORP\\gus,121,\r\n,122,printer\r\n";

const sitesCsv = "site,note\r\nhttps://sign.example.com,\r\nhttps://portal.example.com:8443,test portal\r\n";

/**
 * What the commands of a scene reach of the machine: the machine as it is, but for its users.
 *
 * @param machine this machine with no user but the scene's own
 */
export type HostOfScene = (scene: Pick<Scene, "folder" | "user">, machine: () => Promise<Machine>) => Partial<Host>;

const itself: HostOfScene = (_, machine) => ({ machine });

/** @param person who runs the commands; if it is another one than does, those in processes of their own do not know */
export function makeScene(hostOf = itself, person: { username: string; uid: number } = userInfo()): Scene {
	// mkdtemp makes it for its owner alone: cfm believes nothing that others could write.
	const folder = makeFolder("scene");
	const at = (name: string) => join(folder, name);
	const [home, user, work] = [at("cfm"), at("home"), at("work")] as const;
	for (const one of [home, user, work]) mkdirSync(one, { mode: 0o700 });
	writeFileSync(join(work, "users.csv"), usersCsv, { mode: 0o600 });
	writeFileSync(join(work, "known.csv"), knownCsv, { mode: 0o600 });
	writeFileSync(join(work, "sites.csv"), sitesCsv, { mode: 0o600 });
	writeFileSync(join(work, "certifio-manager-se.exe"), standIn);
	chmodSync(join(work, "certifio-manager-se.exe"), 0o700);
	writeFileSync(join(home, "client-profile.json"), '{"startsAfterInstall":false}\n', { mode: 0o600 });
	const { username: account, uid } = person;
	const accounts = at("passwd");
	writeFileSync(accounts, `root:x:0:0:root:/root:/bin/sh\n${account}:x:${uid}:${uid}::${user}:/bin/sh\n`);
	chmodSync(accounts, 0o644);
	const machine = async () => {
		const { linuxMachine } = await import("../../src/lib/adapters/linux/machine.js");
		const own = linuxMachine({ user: () => ({ username: account, uid, homedir: user }), passwd: accounts });
		// An installer knows its user by HOME, and would have it of this process.
		const run: RunPort["run"] = (file, words, options) =>
			own.runner.run("env", [`HOME=${user}`, file, ...words], options);
		return { ...own, runner: { run } };
	};
	const host: Host = { ...thisHost, ...hostOf({ folder, user }, machine) };
	// What else runs on this machine has its own ports: only tests about ports are to look at them.
	const environment = {
		...{ PATH: process.env.PATH ?? "", HOME: user, XDG_CONFIG_HOME: at("config"), XDG_DATA_HOME: at("data") },
		// No tester's own time is this zone's, or UTC, which is what cfm tells.
		...{ TMPDIR: folder, TZ: "America/St_Johns", LANG: "C.UTF-8", CFM_HOME: home, CFM_IGNORE_PORTS: "yes" },
	};
	return {
		folder,
		home,
		user,
		work,
		account,
		accounts,
		host,
		environment,
		run: (words, streams) => runHere(words, { environment, ...streams }, host),
		remove: () => rmSync(folder, { recursive: true, force: true }),
	};
}

/** Runs a command line in this process and keeps what it writes. */
export async function runHere(
	words: readonly string[],
	streams: Partial<Streams> = {},
	host: Host = thisHost,
): Promise<Ran> {
	const ran: Ran = { code: -1, out: "", err: "" };
	const kept: Streams = {
		out: (text) => {
			ran.out += text;
			return true;
		},
		err: (text) => {
			ran.err += text;
		},
		inIsTerminal: false,
		outIsTerminal: false,
		errIsTerminal: false,
		columns: 100,
		environment: {},
		...streams,
	};
	ran.code = await main(words, dist, kept, host);
	return ran;
}

/** Where clients of these tests have their ports: on the usual ones, real clients of other lanes may listen. */
export const apartBase = 17_000;

/** The account that runs the tests, as `cfm` names it. */
export const me = () => userInfo().username;

/**
 * The command lines that bring a scene to where a command's examples make sense, by the command's words. Whoever runs
 * them makes `{work}` the scene's working folder.
 */
export function preparation(id: string, line = "", account = me()): string[][] {
	const init = ["init", "--yes"];
	const ana = ["ids", "allocate", "CORP\\ana"];
	const installer = ["config", "set", "install.installer", "{work}/certifio-manager-se.exe", "--machine"];
	const apart = [...init, "--port-base", String(apartBase)];
	const mine = ["ids", "allocate", account, "--id", "7"];
	const install = ["install", "--silent"];
	const south = ["environments", "add", "south"];
	const site = ["sites", "add", "https://sign.example.com", "--note", "the portal"];
	const wrote = ["web", "set", "--user", account, "--all-sites", "--yes"];
	const busy = [
		init,
		[...ana, "CORP\\ben", "--note", "Finance"],
		["ids", "reserve", "5"],
		["ids", "release", "CORP\\ben", "--yes"],
	];
	switch (id) {
		case "init":
		case "help":
		case "config get":
			return [];
		case "config list":
		case "config set":
			return [installer, ["config", "set", "install.timeout", "900"]];
		case "ids list":
		case "ids export":
		case "registry info":
		case "registry check":
			return busy;
		case "environments list":
		case "environments show":
			return [...busy, south];
		case "ids show":
		case "ids move":
			return [init, ana];
		case "ids release":
			return [init, ana, ["ids", "allocate", "CORP\\dan", "--id", "42"]];
		case "ids history":
			return [init, ana, ["ids", "move", "CORP\\ana", "--id", "3", "--note", "new office", "--yes"]];
		case "environments remove":
			return [init, south];
		case "registry restore":
			return [init, ana, ["registry", "backup", "{work}/copy.db"], ["ids", "allocate", "CORP\\ben"]];
		case "install":
			// One of the examples asks for the ID to be given first.
			return line.includes("--allocate") ? [apart, installer] : [apart, installer, mine];
		case "sites list":
		case "sites remove":
		case "web policy export":
			return [init, site];
		case "web list":
			return [init, site, mine, wrote, ["sites", "add", "https://portal.example.com:8443"]];
		case "web set":
			return [init, site, mine];
		case "web steps":
			return [init, site, mine, ["ids", "allocate", "CORP\\ben"]];
		case "web clear":
		case "web backups list":
		case "web backups restore":
			return [init, site, mine, wrote];
		case "uninstall":
		case "client list":
		case "client show":
		case "client detect":
			return [apart, installer, mine, install];
		case "ports list":
		case "ports check":
		case "ports reserve-block":
			if (line.includes("CORP")) return [apart, ana];
			return [
				apart,
				["ids", "allocate", "ana", "--id", "7"],
				["ids", "allocate", "ben", "--id", "9"],
				["ids", "allocate", "eve", "--id", "11"],
			];
		case "ports learn":
			return [apart, installer, mine, install];
		case "client set":
			return [apart, installer, mine, install, ["ids", "move", account, "--id", "8", "--yes"]];
		default:
			return [init];
	}
}

/** A client of Ben's beside the one of whoever runs the tests, for what needs two. */
export function giveBenAClient(scene: Scene): void {
	const folder = join(scene.folder, "home-of-ben", ".local", "share", "certifio-manager-se");
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "client-id"), "8\n");
}

/** Leaves what a browser leaves that was started once and never saw a site. */
function furnishBrowser(home: string): void {
	const userData = join(home, ".config", "chromium");
	mkdirSync(join(userData, "Default"), { recursive: true });
	writeFileSync(join(userData, "Local State"), '{"profile":{"info_cache":{"Default":{}}}}');
}

/** Brings a scene to where a command's examples make sense. @throws when it cannot be done */
export async function prepare(scene: Scene, id: string, line?: string): Promise<void> {
	if (id.startsWith("web ")) furnishBrowser(scene.user);
	for (const words of preparation(id, line, scene.account)) {
		const ran = await scene.run(words.map((word) => word.replace("{work}", scene.work)));
		if (ran.code !== 0) throw new Error(`cfm ${words.join(" ")} ended with ${ran.code}: ${ran.err}`);
	}
}

/** The words of a documented example, without `cfm`: parted by spaces, but not within quotation marks. */
export function wordsOf(line: string): string[] {
	const words = [...line.matchAll(/"([^"]*)"|\S+/g)].map(([whole, quoted]) => quoted ?? whole);
	return words[0] === "cfm" ? words.slice(1) : words;
}
