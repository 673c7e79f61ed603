// Runs the unit and end-to-end tests on machines that are unlike a developer's: other users' browsers, accounts without a
// home, closed folders, another cfm's registry, another time zone and language, no IPv6, a busy processor; once as root,
// once as an ordinary user. The machines are made of Linux namespaces (mounts, processes, network, names): nothing of
// them is left, and nobody else sees them.
//
// node test/checks/hermetic.mjs [--as root|user] [--calm] [words for vitest…]
import { spawn, spawnSync } from "node:child_process";
import {
	appendFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	rmdirSync,
	rmSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const [, script, ...words] = process.argv;

/** Who runs the tests, and where the machines differ. */
const machines = {
	root: { uid: 0, zone: "Pacific/Chatham", language: "de_DE.UTF-8", ipv6: true, mask: 0o077, own: {} },
	user: {
		...{ uid: 2001, zone: "America/St_Johns", language: "tr_TR.UTF-8", ipv6: false, mask: 0o027 },
		own: { HOME: "/home/berta", XDG_CONFIG_HOME: "/home/berta/.config", XDG_DATA_HOME: "/home/berta/.local/share" },
	},
};

/** Name, number, home. */
const accounts = [
	["anna", 2000, "/home/anna"],
	["berta", 2001, "/home/berta"],
	["closed", 2002, "/home/closed"],
	["nohome1", 2003, "/home/nohome1"],
	["nohome2", 2004, "/home/nohome2"],
	["empty", 2005, ""],
	["file", 2006, "/home/file"],
	["linked", 2007, "/home/linked"],
	["loop", 2008, "/home/loop"],
	["ana", 2009, "/nonexistent"],
	["ben", 2010, "/home/nohome1"],
	["eve", 2011, "/"],
	["système", 2012, "/home/système à part"],
	["twin", 2001, "/home/berta"],
];

if (words[0] === "--inside") inside(words[1], words.slice(2));
else outside(words);

function outside(given) {
	if (process.platform !== "linux" || process.geteuid() !== 0) {
		console.error("Only root on Linux can make a machine of namespaces.");
		process.exitCode = 1;
		return;
	}
	const [names, rest] = given[0] === "--as" ? [[given[1]], given.slice(2)] : [Object.keys(machines), given];
	const own = ["--mount", "--pid", "--fork", "--mount-proc", "--net", "--uts", "--ipc", "--kill-child"];
	for (const name of names) {
		console.log(`\n=== as ${name}, on a machine of others`);
		const line = [...own, process.execPath, script, "--inside", name, ...rest];
		const { status } = spawnSync("unshare", line, { stdio: "inherit" });
		if (status !== 0) process.exitCode = 1;
	}
}

function inside(name, given) {
	const { uid, zone, language, mask, own, ...machine } = machines[name];
	const stage = mkdtempSync(join(tmpdir(), "cfm-machine-"));
	run("mount", ["-t", "tmpfs", "-o", "mode=755", "tmpfs", stage]);
	const temporary = join(stage, "ein anderer Ort (ü)");
	mkdirSync(temporary);
	run("chmod", ["1777", temporary]);
	furnish(stage, machine);
	makeLocale(join(stage, "locale"), language);
	const environment = {
		PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
		...{ TMPDIR: temporary, TZ: zone, LANG: language, LC_ALL: language, LOCPATH: join(stage, "locale") },
		...{ SUDO_USER: "berta", USERDOMAIN: "OTHER", CFM_HOME: "/var/lib/cfm", CFM_REGISTRY: "/var/lib/cfm/registry.db" },
		...{ CFM_ENVIRONMENT: "elsewhere", CFM_INSTALL_TIMEOUT: "never", CFM_IGNORE_PORTS: "maybe" },
		...{ FORCE_COLOR: "3", COLUMNS: "37", TERM: "dumb" },
		...own,
	};
	const calm = given[0] === "--calm";
	const others = calm
		? []
		: Array.from({ length: availableParallelism() }, () => spawn("sh", ["-c", "exec yes > /dev/null"]));
	const vitest = [process.execPath, join(root, "node_modules", "vitest", "vitest.mjs"), "run"];
	const rest = given.slice(calm ? 1 : 0);
	const projects = rest.includes("--project") ? [] : ["--project", "unit", "--project", "e2e"];
	const as = uid === 0 ? [] : ["setpriv", "--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
	process.umask(mask);
	const [program, ...line] = [...as, ...vitest, ...projects, ...rest];
	const { status } = spawnSync(program, line, { cwd: root, stdio: "inherit", env: environment });
	for (const other of others) other.kill();
	run("umount", ["--lazy", stage]);
	rmdirSync(stage);
	process.exit(status ?? 1);
}

/** Makes the machine: accounts and their homes, another cfm, a name, a network. */
function furnish(stage, { ipv6 }) {
	const over = (folder) => {
		const [upper, work] = ["upper", "work"].map((name) => join(stage, name, folder));
		for (const one of [upper, work]) mkdirSync(one, { recursive: true });
		run("mount", ["-t", "overlay", "-o", `lowerdir=${folder},upperdir=${upper},workdir=${work}`, "overlay", folder]);
	};
	for (const folder of ["/etc", "/home", "/var/lib"]) over(folder);
	// Where vitest keeps its own things: whoever runs it there need not own the checkout.
	for (const folder of [".vite", ".vite-temp", ".vitest-cache"].map((name) => join(root, "node_modules", name))) {
		mkdirSync(folder, { recursive: true });
		run("mount", ["-t", "tmpfs", "-o", "mode=1777", "tmpfs", folder]);
	}

	const lines = accounts.map(([name, id, home]) => `${name}:x:${id}:${id}:,,,:${home}:/bin/sh\n`).join("");
	appendFileSync("/etc/passwd", `${lines}broken line\n:x::::\n+::::::\n`);
	for (const [name, id] of accounts.slice(0, 2)) {
		furnishHome(`/home/${name}`);
		run("chown", ["-R", `${id}:${id}`, `/home/${name}`]);
		run("chmod", ["700", `/home/${name}`]);
	}
	mkdirSync("/home/closed", { mode: 0o000 });
	writeFileSync("/home/file", "");
	symlinkSync("/home/berta", "/home/linked");
	symlinkSync("/home/loop", "/home/loop");

	// A machine that has a cfm of its own has it covered here.
	rmSync("/var/lib/cfm", { recursive: true, force: true });
	mkdirSync("/var/lib/cfm", { mode: 0o700 });
	writeFileSync("/var/lib/cfm/registry.db", "no registry ".repeat(1000), { mode: 0o600 });
	for (const folder of ["/var/lib/cfm", "/home/berta/.config/cfm"]) {
		mkdirSync(folder, { recursive: true });
		writeFileSync(join(folder, "config.json"), '{"environment":"elsewhere","install.timeout":"never"}');
		writeFileSync(join(folder, "client-profile.json"), "{ not JSON");
	}
	run("hostname", ["another-host.example.com"]);
	run("ip", ["link", "set", "lo", "up"]);
	if (!ipv6) writeFileSync("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
}

/** What a client leaves in a home, and browsers that were used, where this machine has any. */
function furnishHome(home) {
	const client = join(home, ".local", "share", "certifio-manager-se");
	for (const folder of [client, join(home, ".config")]) mkdirSync(folder, { recursive: true });
	writeFileSync(join(client, "certifio-manager-se"), "#!/bin/sh\n", { mode: 0o755 });
	writeFileSync(join(client, "client-id"), "7\n");
	const as = { env: { PATH: process.env.PATH, HOME: home }, stdio: "ignore", timeout: 60_000 };
	const data = `--user-data-dir=${join(home, ".config", "chromium")}`;
	spawnSync("chromium", ["--headless", "--no-sandbox", data, "--dump-dom", "about:blank"], as);
	spawnSync("firefox-esr", ["--headless", "--screenshot", join(home, "page.png"), "about:blank"], as);
	const found = ["chromium", "mozilla/firefox", "../.mozilla/firefox"].filter((name) =>
		existsSync(join(home, ".config", name)),
	);
	console.log(`${home}: ${found.join(", ") || "no browser"}`);
}

/** A language of the system as Debian would install it, when its sources are here; else there is its name alone. */
function makeLocale(folder, language) {
	mkdirSync(folder);
	const [name, charset] = language.split(".");
	spawnSync("localedef", ["-i", name, "-f", charset, join(folder, language)], { stdio: "ignore" });
}

function run(program, given) {
	const { status, error } = spawnSync(program, given, { stdio: ["ignore", "inherit", "inherit"] });
	if (error !== undefined || status !== 0)
		throw new Error(`${program} ${given.join(" ")} ended with ${error ?? status}`);
}
