import { execFileSync, type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { chownSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

/** Where Debian keeps the programs of each version; a server is made and run by those of one. */
const versions = "/usr/lib/postgresql";

/** The newest version that is installed. */
function programFolder(): string {
	const newest = readdirSync(versions)
		.filter((name) => /^\d+$/.test(name))
		.sort((a, b) => Number(b) - Number(a))[0];
	if (newest === undefined) throw new Error(`no PostgreSQL in ${versions}: npm test installs it`);
	return join(versions, newest, "bin");
}

const folder = programFolder();

/** PostgreSQL and PgBouncer refuse to run as root: there the account that Debian's package makes runs them. */
const account =
	process.geteuid?.() === 0
		? {
				uid: Number(idOf("-u")),
				gid: Number(idOf("-g")),
				words: ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"],
			}
		: undefined;

function idOf(which: "-u" | "-g"): string {
	return execFileSync("id", [which, "postgres"], { encoding: "utf8" }).trim();
}

/** What programs of the server get: nothing of this machine's own settings for PostgreSQL, and one language. */
const environment = { PATH: `${folder}:/usr/sbin:/usr/bin:/sbin:/bin`, LC_ALL: "C.UTF-8", TZ: "UTC" };

/** Hands files to the account that runs the servers. */
export function handOver(...files: string[]): void {
	if (account !== undefined) for (const file of files) chownSync(file, account.uid, account.gid);
}

/** Starts a program as the servers' account. */
export function start(words: readonly string[], options: SpawnOptions = {}) {
	const [program = "", ...rest] = [...(account?.words ?? []), ...words];
	return spawn(program, rest, { cwd: "/", env: environment, ...options });
}

/** Runs a program as the servers' account. @throws Error with what it wrote, when it fails */
export function run(words: readonly string[], variables: Record<string, string> = {}, input = ""): string {
	const [program = "", ...rest] = [...(account?.words ?? []), ...words];
	const { status, stdout, stderr, error } = spawnSync(program, rest, {
		cwd: "/",
		env: { ...environment, ...variables },
		encoding: "utf8",
		input,
	});
	if (status !== 0) throw new Error(`${words.join(" ")} ended with ${status ?? error}: ${stderr}${stdout}`);
	return stdout;
}

/** A port of the loopback that nobody has, below those that the system gives to outgoing connections. */
export async function freePort(): Promise<number> {
	for (;;) {
		const port = 10_000 + Math.floor(Math.random() * 20_000);
		const server = createServer();
		const free = await new Promise<boolean>((resolve) => {
			server.once("error", () => resolve(false));
			server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
		});
		if (free) return port;
	}
}
