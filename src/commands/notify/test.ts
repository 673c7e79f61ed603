import { parseMailbox } from "../../lib/activation/mailbox.js";
import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { CfmError } from "../../lib/errors.js";
import type { NoticeFacts } from "../../lib/notice/item.js";
import { channels, languageFor } from "../../lib/notice/recipients.js";
import { t } from "../../lib/text.js";
import { toolsOf } from "./_tools.js";

interface Sent {
	recipient: string;
	subject: string;
	/** The text of it. */
	letter: string;
	/** Null of a dry run. */
	messageId: string | null;
	sent: boolean;
	dryRun?: true;
}

export default command({
	summary: t`Send a test notice the real way`,
	description: t`To one mail address or channel (file, webhook, event-log). Nothing is recorded.`,
	role: "none",
	flags: {
		to: {
			kind: "text",
			value: "ADDRESS",
			required: true,
			summary: t`A mail address, or file, webhook or event-log`,
			of: "new",
		},
		"dry-run": { kind: "boolean", summary: t`Show the text, and send nothing` },
	},
	examples: [{ what: t`What the mail looks like`, line: "cfm notify test --to ana@example.com --dry-run" }],
	async run({ flags }, context): Promise<Sent> {
		const settings = await context.settings();
		const channel = channels.find((one) => one === flags.to);
		const recipient = channel ?? `mail:${parseMailbox(flags.to)}`;
		const now = context.host.now();
		const { book, deliver, letters, newMessageId } = await toolsOf(context, settings);
		const facts: NoticeFacts = {
			...{ what: "test", urgency: "soon", name: "test", detail: null, due: null, zone: "UTC", daysLeft: null },
			...{ used: null, allowance: null },
		};
		const claims = [
			{
				...{ item: "test", stage: "test", recipient, occasion: "", day: now.toISOString().slice(0, 10) },
				...{ at: now.toISOString(), urgent: true, facts },
			},
		];
		const message = (await letters(languageFor(recipient, book))).message(claims);
		const messageId = newMessageId();
		const told = { recipient, subject: message.subject, letter: message.text };
		if (flags["dry-run"]) return { ...told, messageId: null, sent: false, dryRun: true };
		const failure = await deliver({ ...message, recipient, messageId, date: now, claims });
		if (failure !== undefined) {
			throw new CfmError("unavailable", "notices-not-sent", failure, { data: { recipient } });
		}
		return { ...told, messageId, sent: true };
	},
	view: ({ recipient, subject, letter, sent }): Block[] =>
		sent
			? [{ line: t`Sent to ${recipient}.`, tone: "good" }]
			: [{ line: t`Would be sent to ${recipient}:` }, { line: subject }, { verbatim: letter }],
});
