import { parseZone } from "../../lib/calendar/zone.js";
import { line } from "../../lib/command-line.js";
import type { Context, Settings } from "../../lib/context.js";
import { CfmError } from "../../lib/errors.js";
import type { MailOutcome, MailServer } from "../../lib/host/host.js";
import { payload } from "../../lib/notice/payload.js";
import type { Hours } from "../../lib/notice/plan.js";
import { addressAt, type Book } from "../../lib/notice/recipients.js";
import type { NoticeTools, Outgoing } from "../../lib/notice/run.js";
import type { Webhook } from "../../lib/notice/webhook.js";
import { listed } from "../../lib/settings/settings.js";
import { language, t } from "../../lib/text.js";

/** Whom the settings name. */
export function bookOf(settings: Settings): Book {
	const list = (value: string | undefined) => (value === undefined ? [] : listed(value));
	const escalation = list(settings.get("notify.escalation")).map((one) => {
		const [urgency, address = ""] = one.split("=");
		return { urgency: urgency === "near" ? ("near" as const) : ("over" as const), address };
	});
	return {
		issuers: list(settings.get("notify.issuers")),
		escalation,
		addressOf: addressAt(settings.get("notify.owner-domain")),
		channels: [
			...(settings.get("notify.file") === undefined ? [] : (["file"] as const)),
			...(settings.get("notify.webhook-file") === undefined ? [] : (["webhook"] as const)),
			...(settings.get("notify.event-log") === "yes" ? (["event-log"] as const) : []),
		],
		languageOf: () => undefined,
		language: settings.get("notify.lang") ?? language,
	};
}

/** @throws CfmError usage `bad-zone` */
export async function hoursOf(settings: Settings): Promise<Hours> {
	const said = settings.get("notify.zone");
	return {
		zone: said === undefined ? null : await parseZone(said),
		hour: Number(settings.get("notify.hour")),
	};
}

/** All that telling people needs. */
export async function toolsOf(context: Context, settings: Settings): Promise<NoticeTools> {
	const { host } = context;
	const from = settings.get("notify.from");
	const domain = from?.split("@")[1] ?? "cfm.invalid";
	return {
		...{ book: bookOf(settings), hours: await hoursOf(settings), now: () => host.now(), machine: host.name() },
		newMessageId: () => `${crypto.randomUUID()}@${domain}`,
		deliver: deliverer(context, settings),
		letters: (name) => host.letters(name),
	};
}

/** Sends by mail, file, webhook or the event log of Windows; what cannot be is an answer, not an error. */
export function deliverer(context: Context, settings: Settings): NoticeTools["deliver"] {
	const server = once(() => mailServer(context, settings));
	const hook = once(() => webhookOf(context, settings));
	const ways: Readonly<Record<string, (outgoing: Outgoing) => Promise<string | undefined>>> = {
		async mail(outgoing) {
			const { from, ...to } = await server();
			const mail = { ...outgoing, from, to: outgoing.recipient.slice("mail:".length) };
			return failureText(await context.host.sendMail(mail, to));
		},
		async file(outgoing) {
			const append = await context.host.files.appendTo(needed(settings, "notify.file"));
			return append(`${JSON.stringify(payload(outgoing))}\n`) ? undefined : t`The disk is full.`;
		},
		async webhook(outgoing) {
			const { webhookRequest } = await import("../../lib/notice/webhook.js");
			const ask = await context.host.fetcher(context.shell.streams.variables);
			const fetched = await ask(webhookRequest(await hook(), outgoing, context.host.now()));
			if (fetched.is === "answer" || (fetched.is === "http-error" && fetched.status < 300)) return undefined;
			// Its address may hold a key: nothing of it is told.
			return fetched.is === "http-error"
				? t`The webhook answered with status ${fetched.status}.`
				: t`The webhook did not answer (${fetched.is}).`;
		},
		async "event-log"({ subject, sentences }) {
			if (context.host.reportEvent === undefined) return t`Only Windows has an event log.`;
			await context.host.reportEvent(`${subject}\n${sentences.join("\n")}`.slice(0, 31_000));
			return undefined;
		},
	};
	return async (outgoing) => {
		const way = ways[outgoing.recipient.split(":")[0] ?? ""];
		try {
			return way === undefined ? t`There is no such channel.` : await way(outgoing);
		} catch (error) {
			return error instanceof Error ? error.message : String(error);
		}
	};
}

/** @throws CfmError usage `setting-needed` */
function needed(settings: Settings, key: Parameters<Settings["get"]>[0]): string {
	const value = settings.get(key);
	if (value !== undefined) return value;
	throw new CfmError("usage", "setting-needed", t`The setting ${key} is needed for that.`, {
		hints: [line("config set", [key, { fill: "VALUE" }])],
		data: { key },
	});
}

async function mailServer({ host }: Context, settings: Settings): Promise<MailServer & { from: string }> {
	const [name = "", port = ""] = needed(settings, "notify.server").split(":");
	const tls = settings.get("notify.tls") as MailServer["tls"];
	const user = settings.get("notify.login");
	if (user !== undefined && tls === "none") {
		throw new CfmError("usage", "login-needs-tls", t`A password is sent only by STARTTLS or TLS.`, {
			hints: [line("config set", ["notify.tls", "starttls"])],
		});
	}
	const authorities = settings.get("notify.ca-file");
	return {
		...{ from: needed(settings, "notify.from"), host: name, port: Number(port), tls },
		...{ milliseconds: Number(settings.get("notify.timeout")) * 1000 },
		login:
			user === undefined
				? undefined
				: { user, password: firstLine(await host.readSecret(needed(settings, "notify.password-file"))) },
		authorities:
			authorities === undefined ? undefined : (await (await host.stores()).believed(authorities)).toString("latin1"),
	};
}

async function webhookOf({ host }: Context, settings: Settings): Promise<Webhook> {
	const content = await host.readSecret(needed(settings, "notify.webhook-file"));
	const { parseWebhook } = await import("../../lib/notice/webhook.js");
	return parseWebhook(content.toString("utf8"), settings.get("notify.webhook-format") as Webhook["format"]);
}

function firstLine(bytes: Buffer): string {
	return bytes.toString("utf8").split(/\r?\n/)[0] ?? "";
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
	let made: Promise<T> | undefined;
	return () => {
		made ??= make();
		return made;
	};
}

/** What became of a mail, for people; undefined: it was sent. */
function failureText(outcome: MailOutcome): string | undefined {
	if (outcome.is === "sent") return undefined;
	const { why } = outcome;
	const texts: Record<Exclude<MailOutcome["is"], "sent">, () => string> = {
		refused: () => t`The mail server refused the mail: ${why}`,
		login: () => t`The mail server did not accept the login: ${why}`,
		certificate: () => t`The mail server's certificate is not believed: ${why}`,
		unreachable: () => t`The mail server can't be reached: ${why}`,
		timeout: () => t`The mail server did not answer in time.`,
		maybe: () =>
			t`The mail server took the mail and did not answer: it may have gone, and goes again under the same name.`,
	};
	return texts[outcome.is]();
}
