import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Claim, TakenMail } from "../registry/outbox.js";
import type { Registry } from "../registry/registry.js";
import { language, nearestLanguage, plural } from "../text.js";
import type { NoticeFacts } from "./item.js";
import type { Letters, Message } from "./message.js";
import { type Hours, isEarly, planNotices } from "./plan.js";
import type { Book } from "./recipients.js";

/** How long a mail is held; it outlasts all that sending may take, and clocks that differ by some minutes. */
const lease = 10 * 60_000;

/** A mail that failed is tried again after 1, 2, 4 … minutes, and at least each hour. */
const longestPause = 60 * 60_000;

/** A machine that has done its round says so at most so often. */
const heartbeat = 15 * 60_000;

/** What goes out: all that a channel needs. */
export interface Outgoing extends Message {
	/** As claims name it: `mail:ana@example.com`, `file`, `webhook`, `event-log`. */
	recipient: string;
	/** Without angle brackets. */
	messageId: string;
	date: Date;
	claims: readonly Claim[];
}

/** Sends by the channel of its recipient. Never throws: undefined means sent; else why not, for people. */
export type Deliver = (outgoing: Outgoing) => Promise<string | undefined>;

export interface ToldNotice {
	item: string;
	what: NoticeFacts["what"];
	stage: string;
	urgency: NoticeFacts["urgency"];
	name: string;
	due: string | null;
	recipient: string;
	/** The mail that told it; null of a dry run. */
	messageId: string | null;
	/** `planned`: of a dry run. */
	outcome: "sent" | "failed" | "planned";
	failure: string | null;
}

export interface NoticeRun {
	notices: ToldNotice[];
	total: number;
	sent: number;
	failed: number;
	/** Items that are due and for which nobody is known. */
	untold: string[];
	dryRun?: true;
}

export interface NoticeTools {
	book: Book;
	hours: Hours;
	now(): Date;
	machine: string;
	/** A name that no other mail has, without angle brackets. */
	newMessageId(): string;
	deliver: Deliver;
	/** What is written in a language. */
	letters(language: string): Promise<Letters>;
}

/** What would be told, at the recipients' hour where that is still to come. */
export async function planRun(registry: Registry, { book, hours, now }: NoticeTools): Promise<NoticeRun> {
	const { claims, untold } = await registry.read((view) =>
		planNotices(view, { book, hours, now: now(), anyHour: true }),
	);
	const notices = claims.map((claim) =>
		toldOf(claim, claim.recipient, { messageId: null, outcome: "planned", failure: null }),
	);
	return { notices, total: notices.length, sent: 0, failed: 0, untold, dryRun: true };
}

/**
 * `cfm notify run`: claims what is due, and sends what waits, each recipient's in one mail. It can run every minute on several
 * machines: a claim is kept once, a mail's name is stored before it is sent, and whoever holds its lease sends it. What fails
 * for one recipient keeps nothing from the others.
 */
export async function runNotices(registry: Registry, tools: NoticeTools): Promise<NoticeRun> {
	const { book, hours, now, machine } = tools;
	const at = now();
	const latest = new Date(at.getTime() + longestPause + lease).toISOString();
	const urgentOnly = isEarly(at, hours);
	const asked = { now: at.toISOString(), latest, urgentOnly };
	const { claims, untold, runs, ...looked } = await registry.read(async (view) => ({
		...(await planNotices(view, { book, hours, now: at })),
		runs: await view.outbox.runs(),
		waiting: await view.outbox.waiting(asked),
	}));
	let { waiting } = looked;
	if (claims.length > 0) {
		await registry.outbox.claim(claims);
		waiting = await registry.read((view) => view.outbox.waiting(asked));
	}
	const notices: ToldNotice[] = [];
	for (const recipient of waiting) notices.push(...(await sendTo(recipient, registry, tools, { latest, urgentOnly })));
	const last = runs.find((one) => one.job === "notify" && one.machine.toLowerCase() === machine.toLowerCase());
	if (last === undefined || Math.abs(at.getTime() - Date.parse(last.at)) >= heartbeat)
		await registry.outbox.ran({ job: "notify", machine, at: at.toISOString() });
	const failed = notices.filter(({ outcome }) => outcome === "failed").length;
	return { notices, total: notices.length, sent: notices.length - failed, failed, untold };
}

/** Sends all that waits for one recipient, until there is nothing, or it fails. */
async function sendTo(
	recipient: string,
	{ outbox }: Registry,
	{ now, machine, newMessageId, deliver, letters }: NoticeTools,
	{ latest, urgentOnly }: { latest: string; urgentOnly: boolean },
): Promise<ToldNotice[]> {
	const told: ToldNotice[] = [];
	for (;;) {
		const at = now();
		const until = (milliseconds: number) => new Date(at.getTime() + milliseconds).toISOString();
		const messageId = newMessageId();
		const holder = `${machine} ${process.pid} ${messageId}`;
		const lookedAt = { now: at.toISOString(), until: until(lease), latest };
		const mail = await outbox.take({ recipient, urgentOnly, holder, messageId, ...lookedAt });
		if (mail === undefined) return told;
		const failure = await deliver(await outgoingOf(mail, letters));
		const outcome = failure === undefined ? "sent" : "failed";
		const sent = failure === undefined ? now().toISOString() : null;
		const pause = failure === undefined ? 0 : Math.min(60_000 * 2 ** (Math.min(mail.tries, 10) - 1), longestPause);
		await outbox.settle({ messageId: mail.messageId, holder, sent, failure: failure ?? null, until: until(pause) });
		const how = { messageId: mail.messageId, outcome, failure: failure ?? null } as const;
		told.push(...mail.claims.map((claim) => toldOf(claim, recipient, how)));
		if (failure !== undefined) return told;
	}
}

async function outgoingOf(
	{ recipient, messageId, made, claims }: TakenMail,
	letters: NoticeTools["letters"],
): Promise<Outgoing> {
	const said = (claims.at(-1)?.facts as { language?: string } | undefined)?.language;
	const { message } = await letters(said === undefined ? language : nearestLanguage(said));
	return { recipient, messageId, date: new Date(made), claims, ...message(claims) };
}

function toldOf(
	{ item, stage, facts }: Claim,
	recipient: string,
	how: Pick<ToldNotice, "messageId" | "outcome" | "failure">,
): ToldNotice {
	const { what, urgency, name, due } = facts as NoticeFacts;
	return { item, what, stage, urgency, name, due, recipient, ...how };
}

/** Something could not be sent, as the command's failure; undefined when all was. */
export function runError({ notices, total, failed }: NoticeRun): CfmError | undefined {
	if (failed === 0) return undefined;
	const [first] = notices.filter(({ outcome }) => outcome === "failed");
	const message = plural(failed, {
		one: "1 notice could not be sent; it is tried again.",
		other: `${failed} notices could not be sent; they are tried again.`,
	});
	const data = { total, failed, recipient: first?.recipient, failure: first?.failure };
	const hints = [
		line("notify list", [], { unsent: true }),
		line("notify test", [], { to: { fill: "ana@example.com" } }),
	];
	return failed === total
		? new CfmError("unavailable", "notices-not-sent", message, { hints, data })
		: new CfmError("partial", "notices-not-sent", message, { hints, data });
}

/** What is told of nobody known, in words. */
export function untoldText(untold: readonly string[]): string {
	return plural(untold.length, {
		one: "1 item is due, and nobody is known who could be told.",
		other: `${untold.length} items are due, and nobody is known who could be told.`,
	});
}
