import { wrapped } from "../activation/letter.js";
import { localMinute } from "../calendar/day.js";
import { escaped } from "../html.js";
import type { Claim } from "../registry/outbox.js";
import { causeText } from "../service/told.js";
import { language, plural, t, visible } from "../text.js";
import type { NoticeFacts } from "./item.js";

/** What a recipient gets. */
export interface Message {
	subject: string;
	text: string;
	html: string;
	/** Each notice as a sentence. */
	sentences: string[];
}

/** What is written to people, in one language. */
export interface Letters {
	/** A mail, and the same for other channels. */
	message(claims: readonly Claim[]): Message;
}

/** More lines than that nobody reads; how many are left is said, and `cfm notify list` has them all. */
const mostLines = 200;

const order: Readonly<Record<NoticeFacts["urgency"], number>> = { over: 0, near: 1, soon: 2 };

/** A name as it can stand in a mail: visible, in one line, and not longer than a line. */
function named(name: string): string {
	const shown = visible(name).replace(/\s+/g, " ");
	return shown.length > 120 ? `${shown.slice(0, 119)}…` : shown;
}

/** The title of a finding by its ID, in the language of this bundle; undefined: no such finding is known here. */
type TitleOf = (finding: string) => string | undefined;

/** What is told of claims, in the language of this bundle. */
export function messageOf(claims: readonly Claim[], titleOf: TitleOf): Message {
	const all = claims
		.map(({ facts }) => facts as NoticeFacts)
		.toSorted((a, b) => order[a.urgency] - order[b.urgency] || (a.due ?? "").localeCompare(b.due ?? ""));
	const over = all.filter(({ urgency }) => urgency === "over").length;
	const subject =
		over === 0
			? plural(all.length, { one: "cfm: 1 notice", other: `cfm: ${all.length} notices` })
			: plural(all.length, {
					one: "cfm: 1 notice, of what is over or wrong",
					other: `cfm: ${all.length} notices, ${over} of what is over or wrong`,
				});
	const told = all.slice(0, mostLines).map((one) => sentenceOf(one, titleOf));
	const left = all.length - told.length;
	const opening = t`This is what cfm was to tell you:`;
	const closing = [
		...(left === 0 ? [] : [plural(left, { one: "1 more is not shown.", other: `${left} more are not shown.` })]),
		t`These dates are cfm's own inventory. The vendor's pages decide.`,
		t`To hear no more of one, run cfm notify list, and cfm notify ack with its name.`,
	];
	const text = [
		wrapped(opening),
		told.map((line) => wrapped(line, "- ")).join("\n"),
		closing.map((line) => wrapped(line)).join("\n"),
	].join("\n\n");
	const html = [
		"<!doctype html>",
		`<html lang="${language}">`,
		`<head><meta charset="utf-8"><title>${escaped(subject)}</title></head>`,
		"<body>",
		`<p>${escaped(opening)}</p>`,
		"<ul>",
		...told.map((line) => `<li>${escaped(line)}</li>`),
		"</ul>",
		...closing.map((line) => `<p>${escaped(line)}</p>`),
		"</body>",
		"</html>",
		"",
	].join("\n");
	return { subject, text: `${text}\n`, html, sentences: told };
}

/** A notice in a sentence. */
function sentenceOf(
	{ what, urgency, name, detail, cause, finding, machine, due, zone, daysLeft, used, allowance }: NoticeFacts,
	titleOf: TitleOf,
): string {
	const title = finding === undefined ? undefined : titleOf(finding);
	const who = named(name);
	const when = due === null ? "" : t`${localMinute(due, zone)} ${zone}`;
	const left = plural(Math.max(daysLeft ?? 0, 0), {
		one: "1 day left",
		other: `${Math.max(daysLeft ?? 0, 0)} days left`,
	});
	const isOver = urgency === "over";
	const texts: Record<NoticeFacts["what"], () => string> = {
		codes: () =>
			isOver
				? t`The activation codes of ${who} could be used for certain until ${when}: renew them.`
				: t`The activation codes of ${who} can be used for certain until ${when}: ${left}.`,
		subscription: () =>
			isOver
				? t`The subscription of ${who} ended at ${when}.`
				: t`The subscription of ${who} ends at ${when}: ${left}.`,
		certificate: () =>
			isOver ? t`The certificate ${who} expired at ${when}.` : t`The certificate ${who} expires at ${when}: ${left}.`,
		revoked: () =>
			detail === null
				? t`The certificate ${who} was revoked: what is signed with it now is not valid.`
				: t`The certificate ${who} was revoked (${named(detail)}): what is signed with it now is not valid.`,
		access: () =>
			isOver
				? t`Access to the certificate ${who} expired at ${when}. What signs with it does not sign any more.`
				: t`Access to the certificate ${who} expires at ${when}: ${left}.`,
		allowance: () =>
			isOver
				? t`The allowance of the certificate ${who} is used up: ${used ?? 0} of ${allowance ?? 0} signatures.`
				: t`The allowance of the certificate ${who} is nearly used up: ${used ?? 0} of ${allowance ?? 0} signatures.`,
		service: () =>
			t`The client service ${who} is suspended: ${cause === undefined ? named(detail ?? "") : causeText(cause)}.`,
		quarantine: () =>
			t`The quarantine of ${who} ended at ${when}; it can be given again. Its last user was ${named(detail ?? "")}.`,
		finding: () =>
			title === undefined
				? t`${who}: ${named(detail ?? "")}`
				: t`${who}: ${finding ?? ""} on ${named(machine ?? "")}: ${title}`,
		test: () => t`This is a test: notices of cfm reach you. Nothing is due.`,
	};
	return texts[what]();
}
