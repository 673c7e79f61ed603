import { escaped } from "../html.js";
import { language, plural, t, visible } from "../text.js";
import { inItsZone, isLocked, type ToldActivation, timeLeft } from "./told.js";

/** What a user is told: the steps that are left, with their own dates. Plain text, whatever it is made into. */
export interface Letter {
	subject: string;
	opening: string[];
	steps: string[];
	closing: string[];
}

/** The letter about one activation. It holds no code, and says that nobody needs to be sent one. */
export function letterFor(activation: ToldActivation): Letter {
	const { user, product, state } = activation;
	const name = product === "desktop" ? "CertifiO Desktop" : "CertifiO Cloud";
	const opening = [t`This letter is for ${visible(user)}.`, ...deadlineLines(activation, name)];
	const closing = [
		t`Keep the reference number, the authorization code and your password to yourself: nobody needs them from you.`,
		t`These dates are our own record. Your activation page and the mails from support@notarius.com decide.`,
	];
	if (state === "activated" || state === "cancelled" || state === "replaced") {
		return { subject: t`Your ${name} signature`, opening, steps: [], closing };
	}
	return { subject: t`Activate your ${name} signature`, opening, steps: stepsLeft(activation), closing };
}

function deadlineLines(activation: ToldActivation, name: string): string[] {
	const { state, basis, said, safeUntil, latestEnd, renewals, subscriptionUntil } = activation;
	const since =
		basis === "approval"
			? t`Your application was approved on ${dayOf(said)}.`
			: t`Your activation codes were mailed on ${dayOf(said)}.`;
	const lines: Record<ToldActivation["state"], () => string[]> = {
		valid: () => [
			since,
			t`You can use your activation codes until ${inItsZone(safeUntil, activation)}: ${timeLeft(activation)} left.`,
		],
		"may-have-expired": () => [
			since,
			t`Your activation codes may have expired. They could be used for certain until ${inItsZone(safeUntil, activation)}, and expire by ${inItsZone(latestEnd, activation)}.`,
		],
		expired: () => [
			since,
			t`Your activation codes expired by ${inItsZone(latestEnd, activation)}. You must renew them.`,
		],
		activated: () => [t`Your ${name} signature is activated. Nothing is left to do.`],
		cancelled: () => [t`Your ${name} activation was cancelled. Nothing is left to do.`],
		replaced: () => [t`Your ${name} activation was replaced by a new application. Nothing is left to do here.`],
	};
	const often =
		renewals === 0
			? []
			: [plural(renewals, { one: "The codes were renewed once.", other: `The codes were renewed ${renewals} times.` })];
	const subscription =
		subscriptionUntil === null ? [] : [t`The last day of your yearly subscription is ${subscriptionUntil}.`];
	return [...lines[state](), ...often, ...subscription];
}

/** A day or an instant as it was said, the day alone. */
function dayOf(said: string): string {
	return said.slice(0, 10);
}

function stepsLeft(activation: ToldActivation): string[] {
	if (isLocked(activation)) {
		return [
			t`Apply again on the vendor's site, with online identity verification: no attempt to confirm your identity is left.`,
			t`Tell your administrator when the new application has been approved.`,
		];
	}
	const { step, state, product, purpose, attempts, attemptsAllowed } = activation;
	const left = attemptsAllowed - attempts;
	const steps: string[] = [];
	if (step === "approved") {
		steps.push(t`Open the approval mail from support@notarius.com and follow its link.`);
		steps.push(
			product === "cloud"
				? t`Sign in with your account's password, and then with the code that you get by text message or call.`
				: plural(left, {
						one: "Answer two of your three security questions, or sign in to your account. You have 1 attempt left.",
						other: `Answer two of your three security questions, or sign in to your account. You have ${left} attempts left.`,
					}),
		);
	}
	if (step === "approved" || step === "identity-confirmed") {
		steps.push(
			product === "desktop"
				? t`Let the page check that CertifiO Manager and Entrust Entelligence Security Provider are installed.`
				: t`Let the page check that CertifiO Manager is installed.`,
		);
	}
	if (state !== "valid")
		steps.push(
			t`If the page offers "Renew Activation Codes", choose it and wait for the new mail with a new reference number.`,
		);
	if (step !== "number-entered") {
		steps.push(
			purpose === "recovery"
				? t`Enter the reference number from the mail and the authorization code from the page in "Recover Entrust Digital ID".`
				: t`Enter the reference number from the mail and the authorization code from the page in "Enroll for Entrust Digital ID".`,
		);
	}
	steps.push(t`Choose a password, and then "Download and Activate".`);
	if (product === "desktop") steps.push(t`Log in to Entrust with the new password.`);
	return steps;
}

/** The letter as text, no line longer than 76 characters. */
export function letterText({ opening, steps, closing }: Letter): string {
	const numbered = steps.map((step, at) => wrapped(step, `${at + 1}. `));
	const parts = [opening.map((line) => wrapped(line)), numbered, closing.map((line) => wrapped(line))];
	return `${parts
		.filter((lines) => lines.length > 0)
		.map((lines) => lines.join("\n"))
		.join("\n\n")}\n`;
}

/** A text in lines of at most 76 characters. @param before what stands before the first; the others are as far in */
export function wrapped(text: string, before = ""): string {
	const lines: string[] = [];
	let line = before;
	let isEmpty = true;
	for (const word of text.split(" ")) {
		if (!isEmpty && line.length + word.length + 1 > 76) {
			lines.push(line);
			line = " ".repeat(before.length);
			isEmpty = true;
		}
		line += isEmpty ? word : ` ${word}`;
		isEmpty = false;
	}
	return [...lines, line].join("\n");
}

/** The letter as a page of its own, for a browser or a mail program. Names may be anything: all text is escaped. */
export function letterHtml({ subject, opening, steps, closing }: Letter): string {
	const paragraphs = (lines: readonly string[]) => lines.map((line) => `<p>${escaped(line)}</p>`);
	const list = steps.length === 0 ? [] : ["<ol>", ...steps.map((step) => `<li>${escaped(step)}</li>`), "</ol>"];
	return [
		"<!doctype html>",
		`<html lang="${language}">`,
		`<head><meta charset="utf-8"><title>${escaped(subject)}</title></head>`,
		"<body>",
		`<h1>${escaped(subject)}</h1>`,
		...paragraphs(opening),
		...list,
		...paragraphs(closing),
		"</body>",
		"</html>",
		"",
	].join("\n");
}
