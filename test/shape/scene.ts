import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { realProfileFolder } from "../../src/lib/adapters/browsers/named-folder.js";
import { openBrowserStores } from "../../src/lib/adapters/browsers/open.js";
import { linuxBrowserProfiles } from "../../src/lib/adapters/linux/browser-profiles.js";
import { certificatesHere } from "../../src/lib/adapters/openssl/here.js";
import { pdfsHere } from "../../src/lib/adapters/pdfium/here.js";
import { messagesHere } from "../../src/lib/adapters/pkijs/here.js";
import type { Streams } from "../../src/lib/cli/streams.js";
import type { Machine, ProgramStarter } from "../../src/lib/client/machine.js";
import type { SignedMessages, TimestampQuestion } from "../../src/lib/cms/signed-data.js";
import type { Host } from "../../src/lib/host/host.js";
import { known } from "../../src/lib/known.js";
import type { Job, Scheduler, SeenTask } from "../../src/lib/schedule/task.js";
import { thisHost } from "../../src/lib/this-host.js";
import { main } from "../../src/main.js";
import { makeFolder } from "../folders.js";
import { FakeTokens } from "../lib/token/fake-tokens.js";

/** The bundle's folder, which only oclif is told of. */
export const dist = join(import.meta.dirname, "..", "..", "dist");

/** Certificates that OpenSSL made: a root, Ana's, Ben's (which its revocation list names), until 2125. */
const made = join(import.meta.dirname, "..", "certificates");

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

const approvalsCsv = "user,approved,note\r\nCORP\\eve,2026-01-15,\r\nCORP\\fay,2026-01-15T09:30,accounting\r\n";

/** A day whose activation codes can still be used, whenever the tests run. */
export const recentDay = new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 10);

const sitesCsv = "site,note\r\nhttps://sign.example.com,\r\nhttps://portal.example.com:8443,test portal\r\n";

/** The stand-in is not started by its installer, and no server of the vendor's is asked. */
const clientProfile = '{"startsAfterInstall":false,"vendorServers":{"web":[]}}\n';

/**
 * What the commands of a scene reach of the machine: the machine as it is, but for its users.
 *
 * @param machine this machine with no user but the scene's own
 */
export type HostOfScene = (scene: Pick<Scene, "folder" | "user">, machine: () => Promise<Machine>) => Partial<Host>;

const itself: HostOfScene = (_, machine) => ({ machine });

/** Browsers as the readers' processes see them, in this one: from source there is no program for another. */
const browsers: Host["browsers"] = async (home) => ({
	...openBrowserStores(home),
	finder: linuxBrowserProfiles,
	realFolder: async (folder) => realProfileFolder(folder),
	lacks: async () => [],
});

/** A scheduler that starts nothing: what it was given is in the map. */
function fakeScheduler(tasks: Map<Job, SeenTask>): Scheduler {
	const wanted: Scheduler["wanted"] = ({ program, words, when }) => ({
		...{
			command: [...program, ...words].join(" "),
			when: "at" in when ? when.at : `*/${when.minutes}`,
			account: "root",
		},
	});
	return {
		kind: "cron",
		program: async () => ({ command: ["/opt/cfm/bin/cfm"], open: known(null) }),
		seen: async (job) => known(tasks.get(job) ?? null),
		wanted,
		put: async (task) => void tasks.set(task.job, wanted(task)),
		remove: async (job) => void tasks.delete(job),
	};
}

/** What the timestamp server once answered somebody else passes for an answer to whatever is asked. */
function stampedMessages(): SignedMessages {
	const own = messagesHere();
	let asked: TimestampQuestion | undefined;
	return {
		...own,
		question(question) {
			asked = question;
			return own.question(question);
		},
		async read(request) {
			const data = await own.read(request);
			if (!data?.timestamp || asked === undefined) return data;
			return { ...data, timestamp: { ...data.timestamp, nonce: asked.nonce, imprint: asked.imprint } };
		},
	};
}

/** Certificates likewise, and only those of the scene: no two machines trust the same roots. */
const judged: Pick<Host, "certificates" | "signedMessages" | "pdfs" | "stores" | "fetcher"> = {
	certificates: async () => certificatesHere(),
	stores: async () => ({ ...(await thisHost.stores()), roots: async () => known([]) }),
	pdfs: async () => pdfsHere(join(dist, "pdfium.wasm")),
	signedMessages: async () => stampedMessages(),
	// The timestamp server answers what it once answered to somebody else.
	fetcher: async () => async (asked) =>
		asked.url.includes("//tsa.")
			? { is: "answer", body: readFileSync(join(made, "stamp.tsr")), type: "application/timestamp-reply", date: null }
			: { is: "unreachable", why: "ENETUNREACH" },
};

/** @param person who runs the commands; if it is another one than does, those in processes of their own do not know */
export function makeScene(hostOf = itself, person: { username: string; uid: number } = userInfo()): Scene {
	// mkdtemp makes it for its owner alone: cfm believes nothing that others could write.
	const folder = makeFolder("scene");
	const at = (name: string) => join(folder, name);
	const [home, user, work] = [at("cfm"), at("home"), at("work")] as const;
	for (const one of [home, user, work]) mkdirSync(one, { mode: 0o700 });
	writeFileSync(join(work, "users.csv"), usersCsv, { mode: 0o600 });
	writeFileSync(join(work, "known.csv"), knownCsv, { mode: 0o600 });
	writeFileSync(join(work, "approvals.csv"), approvalsCsv, { mode: 0o600 });
	writeFileSync(join(work, "sites.csv"), sitesCsv, { mode: 0o600 });
	const signed = ["letter.txt", "letter.txt.p7s", "seal.pem", "trial.p12", "trial.pem"];
	for (const name of ["ana.pem", "ben.pem", "root.pem", "root.crl", ...signed])
		copyFileSync(join(made, name), join(work, name));
	const der = (name: string) => readFileSync(join(made, name), "latin1").replace(/-----[^-]+-----|\s/g, "");
	const listed = [`Seal,CORP\\ana,${der("ana.pem")}`, `Contracts,,${der("ben.pem")}`];
	writeFileSync(join(work, "certificates.csv"), `${["alias,owner,certificate", ...listed].join("\r\n")}\r\n`);
	writeFileSync(join(work, "pin.txt"), "1234\n", { mode: 0o600 });
	writeFileSync(join(work, "certifio-manager-se.exe"), standIn);
	chmodSync(join(work, "certifio-manager-se.exe"), 0o700);
	writeFileSync(join(home, "client-profile.json"), clientProfile, { mode: 0o600 });
	const { username: account, uid } = person;
	const accounts = at("passwd");
	writeFileSync(accounts, `root:x:0:0:root:/root:/bin/sh\n${account}:x:${uid}:${uid}::${user}:/bin/sh\n`);
	chmodSync(accounts, 0o644);
	const machine = async () => {
		const { linuxMachine } = await import("../../src/lib/adapters/linux/machine.js");
		const own = linuxMachine({ user: () => ({ username: account, uid, homedir: user }), passwd: accounts });
		// An installer knows its user by HOME, and would have it of this process.
		const run: ProgramStarter["run"] = (file, words, options) =>
			own.runner.run("/usr/bin/env", [`HOME=${user}`, file, ...words], options);
		return { ...own, runner: { run } };
	};
	// What this machine has of tokens is not the scene's.
	const tokens: Host["tokens"] = async () => new FakeTokens([]);
	// Nothing of a test is ever started by this machine.
	const audit = { command: "/opt/cfm/bin/cfm audit", when: "05:00", account: "root" };
	const tasks = new Map<Job, SeenTask>([["audit", audit]]);
	const scheduler: Host["scheduler"] = async () => fakeScheduler(tasks);
	const host: Host = { ...thisHost, browsers, ...judged, tokens, scheduler, ...hostOf({ folder, user }, machine) };
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
		run: (words, streams) => runHere(words, { variables: environment, ...streams }, host),
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
		variables: {},
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
	// What looks at all ports of an environment must find nothing of this machine's.
	const quiet = [...apart, "--range", "1-50"];
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
		case "certs inspect":
		case "certs verify":
		case "signatures check":
		case "sign test":
		case "tsa test":
			return [];
		case "config list":
		case "config set":
			return [installer, ["config", "set", "install.timeout", "900"]];
		case "find":
		case "ids list":
		case "ids export":
		case "registry info":
		case "registry check":
			return busy;
		case "environments list":
		case "environments show":
			return [...busy, south];
		case "ids show":
		case "ids rename":
		case "ids set":
		case "undo":
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
		case "activations list":
		case "activations show":
		case "activations step":
		case "activations renew":
		case "activations complete":
		case "activations cancel":
		case "activations letter": {
			// The letter tells dates in its text: those of one that is over are the same every day.
			const add = ["activations", "add", "CORP\\ana", "--approved", id.endsWith("letter") ? "2026-01-15" : recentDay];
			const confirm = ["activations", "step", "CORP\\ana", "identity-confirmed"];
			return line.includes("software-checked") ? [init, add, confirm] : [init, add];
		}
		case "certs list":
		case "certs export":
		case "certs refresh":
		case "certs show":
		case "certs set":
		case "certs retire":
		case "certs access grant":
		case "certs access show":
		case "certs access renew":
		case "certs access use": {
			const register = ["certs", "register", "{work}/ana.pem", "--alias", "Seal", "--owner", "CORP\\ana"];
			const grant = ["certs", "access", "grant", "Seal", "--granted", "2026-01-15"];
			return id === "certs access grant" ? [init, register] : [init, register, grant];
		}
		case "services add":
		case "services list":
		case "services show":
		case "services set":
		case "services suspend":
		case "services activate":
		case "services remove": {
			const register = (file: string, alias: string) => ["certs", "register", `{work}/${file}`, "--alias", alias];
			const add = ["services", "add", "Invoices", "--cert", "Seal"];
			const suspend = ["services", "suspend", "Invoices", "--reason", "new server"];
			return [
				...[init, register("ana.pem", "Seal"), register("ben.pem", "Seal 2027")],
				...(id === "services add" ? [] : [add]),
				...(id === "services activate" ? [suspend] : []),
			];
		}
		case "operators add":
		case "operators list":
		case "operators remove": {
			const add = (name: string, role: string) => ["operators", "add", name, "--role", role, "--yes"];
			const [admin, ben] = [add(account, "admin"), add("CORP\\ben", "operator")];
			return line.includes("--role admin") && id.endsWith("add") ? [init] : [init, admin, ben];
		}
		// This machine's own scheduler is left alone.
		case "schedule list":
		case "schedule add":
		case "schedule remove":
			return [init];
		case "calendar export":
		case "notify run":
		case "notify ack":
		case "notify snooze":
			return [
				init,
				["certs", "register", "{work}/ana.pem", "--alias", "Seal", "--owner", "CORP\\ana"],
				["certs", "access", "grant", "Seal", "--granted", "2026-01-15"],
				["config", "set", "notify.file", "{work}/notices.jsonl"],
			];
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
		case "web repair":
		case "web clear":
		case "web backups list":
		case "web backups restore":
			return [init, site, mine, wrote];
		case "uninstall":
		case "client forget":
		case "client list":
		case "client show":
		case "client detect":
			return [apart, installer, mine, install];
		case "ports reserve-block":
			// Below the ports that systems give to whoever asks for none: of those, some are always in use.
			return [[...apart, "--range", "1-190"]];
		case "ports list":
		case "ports check":
			if (line.includes("CORP")) return [apart, ana];
			return [
				apart,
				["ids", "allocate", "ana", "--id", "7"],
				["ids", "allocate", "ben", "--id", "9"],
				["ids", "allocate", "eve", "--id", "11"],
			];
		case "me":
			return [apart, site, installer, mine, install, wrote];
		case "users list":
		case "users show":
			return line === "" ? [apart, site, installer, mine, install] : [apart, ana];
		case "status": {
			const looks = [
				["client", "list"],
				["ports", "list"],
				["web", "list"],
			];
			return [
				...[apart, site, installer, mine, install, ["ids", "reserve", "5"], ["registry", "backup"]],
				...[
					["ids", "allocate", "CORP\\ben"],
					["ids", "release", "CORP\\ben", "--yes"],
				],
				...(line === "" ? looks : []),
			];
		}
		case "ports learn":
			return [apart, installer, mine, install];
		case "audit":
			return [quiet, installer, mine, install, ["ids", "move", account, "--id", "8", "--yes"]];
		case "client set":
			return [apart, installer, mine, install, ["ids", "move", account, "--id", "8", "--yes"]];
		case "doctor":
		case "doctor baseline save":
			return [quiet];
		case "doctor baseline diff":
			// The sample must not depend on the machine; an example is of everything.
			return [quiet, ["doctor", "baseline", "save", ...(line === "" ? ["--only", "CFM-REG-007"] : [])]];
		case "doctor suppressions list":
		case "doctor suppressions remove":
			return [init, ["doctor", "suppress", "CFM-MACHINE-002", "--reason", "known", "--until", "2099-12-31"]];
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
	if (/^(me$|web |users |status$)/.test(id)) furnishBrowser(scene.user);
	for (const words of preparation(id, line, scene.account)) {
		const ran = await scene.run(words.map((word) => word.replace("{work}", scene.work)));
		if (ran.code !== 0) throw new Error(`cfm ${words.join(" ")} ended with ${ran.code}: ${ran.err}`);
	}
	// Somebody deleted the program.
	if (id === "client forget") rmSync(join(scene.user, ".local", "share", "certifio-manager-se", "certifio-manager-se"));
}

/** The words of a documented example, without `cfm`: parted by spaces, but not within quotation marks. */
export function wordsOf(line: string): string[] {
	const words = [...line.matchAll(/"([^"]*)"|\S+/g)].map(([whole, quoted]) => quoted ?? whole);
	return words[0] === "cfm" ? words.slice(1) : words;
}
