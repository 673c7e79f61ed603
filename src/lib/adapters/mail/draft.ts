import nodemailer from "nodemailer";
import type { Draft } from "../../host/host.js";

/**
 * A mail as a file that mail programs open (.eml): text and HTML, and not sent (`X-Unsent`, which Outlook opens as a draft).
 *
 * @returns RFC 5322 text, ASCII
 */
export async function draftMail({ to, subject, text, html, date }: Draft): Promise<string> {
	const composer = nodemailer.createTransport({ streamTransport: true, buffer: true, newline: "windows" });
	const { message } = await composer.sendMail({
		...(to === undefined ? {} : { to }),
		...{ subject, text, html, date, headers: { "X-Unsent": "1" } },
		// Nothing that is written into it may name a file or an address to fetch.
		...{ disableFileAccess: true, disableUrlAccess: true, textEncoding: "quoted-printable" },
	});
	return message.toString("latin1");
}
