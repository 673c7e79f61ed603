import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { AddressInfo, Server } from "node:net";
import { join } from "node:path";

/** What this lane uses of smtp-server, which brings no types. */
interface SmtpSession {
	envelope: { rcptTo: { address: string }[] };
	user?: string;
}
type Callback = (error?: Error | null, answer?: { user: string }) => void;
interface SmtpOptions {
	secure?: boolean;
	disabledCommands?: string[];
	onAuth?(auth: { username: string; password: string }, session: SmtpSession, callback: Callback): void;
	onConnect?(session: SmtpSession, callback: Callback): void;
	onRcptTo?(address: { address: string }, session: SmtpSession, callback: Callback): void;
	onData?(stream: NodeJS.ReadableStream, session: SmtpSession, callback: Callback): void;
}
interface SmtpServer {
	server: Server;
	connections: Iterable<{ _socket: { destroy(): void } }>;
	on(event: "error", hear: () => void): void;
	listen(port: number, host: string, ready: () => void): void;
	close(done: () => void): void;
}

const require = createRequire(import.meta.url);
const { SMTPServer } = require("smtp-server") as { SMTPServer: new (options: object) => SmtpServer };

/** One mail as a server got it. */
export interface Got {
	to: string[];
	/** Without angle brackets. */
	messageId: string;
	source: string;
	user: string | undefined;
}

/** What a server does at the exact moment of a fault. */
export interface Faults {
	/** Refuses a recipient. */
	refuse?: (address: string) => boolean;
	/** Takes all of a mail and drops the connection before it answers; so often. */
	drop?: (mail: Got) => boolean;
	/** Says nothing at all to whoever connects. */
	silent?: boolean;
	options?: SmtpOptions;
}

/** A certificate of 127.0.0.1 and localhost, which is its own authority. */
export function makeCertificate(folder: string): { key: string; cert: string; file: string } {
	const [key, cert] = [join(folder, "mail.key"), join(folder, "mail.crt")];
	execFileSync(
		"openssl",
		[
			...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"],
			...["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"],
			...["-keyout", key, "-out", cert],
		],
		{ stdio: "pipe" },
	);
	return { key: readFileSync(key, "utf8"), cert: readFileSync(cert, "utf8"), file: cert };
}

/** A mail server on a free port of 127.0.0.1. */
export async function startSmtp({ key, cert }: { key: string; cert: string }, faults: Faults = {}) {
	const got: Got[] = [];
	const usual: SmtpOptions = {
		onAuth: ({ username, password }, _session, callback) =>
			password === "right" ? callback(null, { user: username }) : callback(new Error("wrong")),
		onConnect: (_session, callback) => {
			if (!faults.silent) callback();
		},
		onRcptTo: ({ address }, _session, callback) => {
			if (faults.refuse?.(address)) callback(Object.assign(new Error("no such mailbox"), { responseCode: 550 }));
			else callback();
		},
		onData: (stream, session, callback) => {
			const pieces: Buffer[] = [];
			stream.on("data", (piece: Buffer) => pieces.push(piece));
			stream.on("end", () => {
				const source = Buffer.concat(pieces).toString("latin1");
				const messageId = /^message-id: <([^>]*)>/im.exec(source)?.[1] ?? "";
				const mail = {
					to: session.envelope.rcptTo.map(({ address }) => address),
					messageId,
					source,
					user: session.user,
				};
				got.push(mail);
				if (faults.drop?.(mail)) {
					for (const { _socket } of server.connections) _socket.destroy();
					return;
				}
				callback();
			});
		},
	};
	const server = new SMTPServer({
		...{ key, cert, authOptional: true, disableReverseLookup: true, hideSMTPUTF8: true },
		...{ ...usual, ...faults.options },
	});
	server.on("error", () => {});
	await new Promise<void>((resolve) => {
		server.listen(0, "127.0.0.1", resolve);
	});
	return {
		got,
		address: `127.0.0.1:${(server.server.address() as AddressInfo).port}`,
		close: () => new Promise<void>((resolve) => server.close(() => resolve())),
	};
}
