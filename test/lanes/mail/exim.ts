import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { until } from "../../until.js";

const isRoot = process.geteuid?.() === 0;
/** Exim refuses to deliver as root: there the account that Debian's package makes does it. */
const account = isRoot ? "Debian-exim" : "";

/** What a mail server of one's own says: STARTTLS, a login without which it relays nothing, and greylisting. */
const configuration = (folder: string, port: number) => `
primary_hostname = localhost
exim_path = /usr/sbin/exim4
spool_directory = ${folder}/spool
log_file_path = ${folder}/log-%slog
pid_file_path = ${folder}/pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = ${port}
tls_advertise_hosts = *
tls_certificate = ${folder}/mail.crt
tls_privatekey = ${folder}/mail.key
auth_advertise_hosts = \${if eq{$tls_in_cipher}{}{}{*}}
acl_smtp_rcpt = rcpt
host_lookup =
rfc1413_query_timeout = 0s
keep_environment =
${isRoot ? `exim_user = ${account}\nexim_group = ${account}\nnever_users = root\n` : ""}
begin acl
rcpt:
  deny !authenticated = *
       message = log in first
  defer condition = \${if exists{${folder}/grey/$local_part}{no}{yes}}
        condition = \${run{/usr/bin/touch ${folder}/grey/\${sg{$local_part}{[^a-z]}{}}}{yes}{yes}}
        message = greylisted, try again later
  accept
begin routers
all:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = ${folder}/maildir
  maildir_format
  create_directory
${isRoot ? `  user = ${account}\n  group = ${account}\n` : ""}
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = \${if and{{eq{$auth2}{cfm}}{eq{$auth3}{right}}}}
  server_set_id = $auth2
`;

/** Debian's Exim on a free port of 127.0.0.1, with everything it writes in a folder. */
export async function startExim(folder: string) {
	for (const name of ["spool", "grey", "maildir"]) mkdirSync(join(folder, name), { mode: 0o700 });
	if (isRoot) {
		const id = (which: string) => Number(execFileSync("id", [which, account], { encoding: "utf8" }));
		const [uid, gid] = [id("-u"), id("-g")];
		for (const name of ["", "spool", "grey", "maildir", "mail.key", "mail.crt"])
			chownSync(join(folder, name), uid, gid);
		chmodSync(folder, 0o711);
	}
	// A port that was free a moment ago may be taken: then another one is tried.
	for (let turn = 0; ; turn += 1) {
		const port = await freePort();
		const file = join(folder, `exim-${turn}.conf`);
		writeFileSync(file, configuration(folder, port), { mode: 0o644 });
		const child = spawn("/usr/sbin/exim4", ["-C", file, "-bdf"], { stdio: ["ignore", "ignore", "pipe"] });
		let said = "";
		child.stderr.on("data", (piece) => {
			said += piece;
		});
		const ended = once(child, "exit");
		const isUp = await until("exim", async () => (child.exitCode !== null ? "ended" : (await answers(port)) && "up"));
		if (isUp === "up") {
			return {
				address: `localhost:${port}`,
				/** What was delivered. */
				async mail(): Promise<string> {
					const inbox = join(folder, "maildir", "new");
					const name = await until("delivery", () => existsSync(inbox) && readdirSync(inbox)[0]);
					return readFileSync(join(inbox, name), "latin1");
				},
				count: () => {
					const inbox = join(folder, "maildir", "new");
					return existsSync(inbox) ? readdirSync(inbox).length : 0;
				},
				async close() {
					child.kill("SIGTERM");
					await ended;
				},
			};
		}
		if (turn === 4) throw new Error(`exim does not start: ${said}`);
	}
}

async function freePort(): Promise<number> {
	const server = createServer();
	server.listen(0, "127.0.0.1");
	await once(server, "listening");
	const { port } = server.address() as AddressInfo;
	server.close();
	await once(server, "close");
	return port;
}

/** Whether a mail server greets there. */
function answers(port: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = connect(port, "127.0.0.1");
		socket.once("data", (greeting) => {
			socket.end("QUIT\r\n");
			resolve(String(greeting).startsWith("220"));
		});
		socket.once("error", () => resolve(false));
		socket.once("close", () => resolve(false));
	});
}
