// Runs every command line of the tour (the `console` blocks of the pages below) in a terminal, and writes down what it
// printed: in the pages, and as a picture. The clock, the machine's name and its accounts are the tour's own.
//
//   npm run tour                  write the pages and the picture
//   npm run tour -- --check       write nothing; exit 1 and show what differs
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { drawTerminal, plainText } from "./tour-picture.mjs";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const pages = ["README.md", "docs/tour.md"];
const picture = "docs/images/tour.svg";
/** The page whose commands are in the picture, and the terminal's width for all. */
const pictured = { page: "README.md", columns: 88 };
const isCheck = process.argv.includes("--check");

const folder = mkdtempSync(join(tmpdir(), "cfm-tour-"));
try {
	const wanted = new Map();
	for (const page of pages) {
		const ran = [];
		const home = join(folder, page.replace(/\W/g, "-"));
		mkdirSync(home, { mode: 0o700 });
		writeFileSync(join(home, "certifio-manager-se.exe"), "#!/bin/sh\nexit 0\n", { mode: 0o700 });
		const text = readFileSync(join(root, page), "utf8").replaceAll("\r\n", "\n");
		wanted.set(
			page,
			text.replace(/(?<=^```console\n)[\s\S]*?(?=^```$)/gm, (block) => {
				const lines = block.split("\n").filter((line) => line.startsWith("> "));
				const answers = lines.map((line) => ({ line, screen: run(line.slice(2), home, ran.length) }));
				ran.push(...answers);
				return `${answers.map(({ line, screen }) => `${line}\n${plainText(screen)}`.trimEnd()).join("\n\n")}\n`;
			}),
		);
		if (page === pictured.page) wanted.set(picture, drawTerminal(ran, pictured.columns));
	}
	let differs = false;
	for (const [file, text] of wanted) {
		const before = readFileSync(join(root, file), { encoding: "utf8", flag: "a+" }).replaceAll("\r\n", "\n");
		if (before === text) continue;
		differs = true;
		if (isCheck) console.error(`${file} is not what the commands print now:\n${firstDifference(before, text)}`);
		else writeFileSync(join(root, file), text);
	}
	if (isCheck && differs) console.error("To write it anew: npm run tour");
	process.exitCode = isCheck && differs ? 1 : 0;
} finally {
	rmSync(folder, { recursive: true, force: true });
}

/** Runs one line as a POSIX shell reads it, in a terminal of its own. @returns all that the terminal was sent */
function run(line, home, at) {
	const words = [process.execPath, "--require", preload(at), join(root, "bin", "run.cjs")].map((word) => `'${word}'`);
	const shell = `cfm() { ${words.join(" ")} "$@"; }; stty cols ${pictured.columns} rows 50; ${line}`;
	const { error, stdout } = spawnSync("script", ["-q", "-e", "-c", shell, "/dev/null"], {
		cwd: home,
		encoding: "utf8",
		input: "",
		env: {
			...{ PATH: process.env.PATH, HOME: home, XDG_CONFIG_HOME: home, TMPDIR: home, CFM_HOME: join(home, "cfm") },
			...{ TERM: "xterm", SHELL: "/bin/sh", LANG: "C.UTF-8", TZ: "UTC", CFM_IGNORE_PORTS: "yes" },
		},
	});
	if (error) throw error;
	const screen = stdout.replaceAll("\r\n", "\n").replaceAll(join(home, "cfm"), "/var/lib/cfm");
	// How many checks there are is another number after every new one.
	return screen.replaceAll(home, "/home/admin").replace(/(?<=skipped: )\d\d+/, "…");
}

/** What Node loads first: the tour's clock, which stands still but for a minute between commands, and its machine. */
function preload(at) {
	const file = join(folder, `preload-${at}.cjs`);
	const now = Date.parse("2026-03-02T09:00:00Z") + at * 60_000;
	writeFileSync(
		file,
		`const RealDate = Date, os = require("node:os"), fs = require("node:fs");
		const now = () => ${now};
		globalThis.Date = class extends RealDate {
			constructor(...words) { words.length === 0 ? super(now()) : super(...words); }
			static now() { return now(); }
		};
		const { userInfo } = os, { readFileSync } = fs;
		os.hostname = () => "server1";
		os.userInfo = (options) => ({ ...userInfo(options), username: "admin", homedir: process.env.HOME });
		fs.readFileSync = (name, options) =>
			name === "/etc/passwd" ? "root:x:0:0:root:/root:/bin/sh\\n" : readFileSync(name, options);`,
	);
	return file;
}

function firstDifference(before, after) {
	const [was, is] = [before.split("\n"), after.split("\n")];
	const at = is.findIndex((line, index) => line !== was[index]);
	return [`line ${at + 1}`, `- ${was[at] ?? "(nothing)"}`, `+ ${is[at] ?? "(nothing)"}`].join("\n");
}
