import { isIP } from "node:net";
import nodemailer from "nodemailer";
import type { MailOutcome, MailServer, OutgoingMail } from "../../host/host.js";
import { codeOf } from "../../system-errors.js";

/**
 * Sends one mail to one mailbox: by STARTTLS or TLS, logged in where the server is told who, within limits of time.
 *
 * All of it ends within four times the limit of a step, which the lease of a mail (`notice/run.ts`) outlasts by far.
 *
 * The mailbox is checked before (`isMailbox`), and given to the server by itself: no header decides who gets it.
 */
export async function sendMail(
	{ from, to, messageId, subject, text, html, date }: OutgoingMail,
	{ host, port, tls, login, milliseconds: step, authorities }: MailServer,
): Promise<MailOutcome> {
	const transport = nodemailer.createTransport({
		...{ host, port, secure: tls === "tls", requireTLS: tls === "starttls", ignoreTLS: tls === "none" },
		...(login === undefined ? {} : { auth: { user: login.user, pass: login.password } }),
		tls: {
			minVersion: "TLSv1.2",
			...(authorities === undefined ? {} : { ca: authorities }),
			...(isIP(host) === 0 ? { servername: host } : {}),
		},
		...{ connectionTimeout: step, greetingTimeout: step, socketTimeout: step, dnsTimeout: step },
		// Nothing that is written into it may name a file or an address to fetch.
		...{ disableFileAccess: true, disableUrlAccess: true },
	});
	let limit: NodeJS.Timeout | undefined;
	const late = new Promise<never>((_, reject) => {
		limit = setTimeout(() => reject(Object.assign(new Error("timeout"), { code: "ETIMEDOUT" })), step * 4);
	});
	try {
		const sent = transport.sendMail({
			...{ from: { name: "cfm", address: from }, to: { name: "", address: to }, envelope: { from, to: [to] } },
			...{ messageId: `<${messageId}>`, subject, text, html, date, textEncoding: "quoted-printable" },
			headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All" },
		});
		sent.catch(() => {});
		await Promise.race([sent, late]);
		return { is: "sent" };
	} catch (error) {
		return outcomeOf(error);
	} finally {
		clearTimeout(limit);
		transport.close();
	}
}

function outcomeOf(error: unknown): MailOutcome {
	const { responseCode, command, message } = error as Error & { responseCode?: number; command?: string };
	const told = { why: String(message).slice(0, 300), code: responseCode ?? null };
	const code = codeOf(error);
	if (code === "EAUTH" || code === "ENOAUTH") return { is: "login", ...told };
	if (responseCode !== undefined) return { is: "refused", ...told };
	// All of it was sent, and no answer came.
	if (command === "DATA") return { is: "maybe", ...told };
	if (/certificate|self.signed|altname|ERR_TLS/i.test(`${code} ${message}`)) return { is: "certificate", ...told };
	return { is: code === "ETIMEDOUT" ? "timeout" : "unreachable", ...told };
}
