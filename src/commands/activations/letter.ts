import { parseAccount } from "../../lib/account/account.js";
import { requireActivation } from "../../lib/activation/find.js";
import { letterFor, letterHtml, letterText } from "../../lib/activation/letter.js";
import { parseMailbox } from "../../lib/activation/mailbox.js";
import { tellActivation } from "../../lib/activation/told.js";
import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { CfmError } from "../../lib/errors.js";
import { t } from "../../lib/text.js";
import { environmentFlag, productFlag } from "./_options.js";
import { inventoryLine } from "./_view.js";

const formats = ["text", "html", "mail"] as const;

interface Written {
	user: string;
	format: (typeof formats)[number];
	subject: string;
	/** The letter itself; null when it was written to a file. */
	letter: string | null;
	file: string | null;
	inventoryOnly: true;
}

export default command({
	summary: t`Write a letter to a user: the steps that are left, with their dates`,
	description: t`As text, HTML, or a mail (.eml), in the language of --lang. Sends nothing.`,
	role: "auditor",
	registry: true,
	args: { user: { of: "activation", summary: t`The user`, required: true } },
	flags: {
		format: { kind: "text", value: "FORMAT", choices: formats, summary: t`text (default), html or mail` },
		to: { kind: "text", value: "ADDRESS", summary: t`With --format mail: the user's mail address` },
		"out-file": { kind: "text", char: "o", value: "FILE", summary: t`Write this file instead of stdout` },
		force: { kind: "boolean", summary: t`Replace the file when it exists` },
		...productFlag,
		...environmentFlag,
	},
	examples: [
		{ what: t`To read it`, line: "cfm activations letter CORP\\ana" },
		{ what: t`A mail, to open and send`, line: "cfm activations letter CORP\\ana --format mail --out-file ana.eml" },
	],
	async run({ args, flags }, context): Promise<Written> {
		const { format = "text", to } = flags;
		if (to !== undefined && format !== "mail")
			throw new CfmError("usage", "two-meanings", t`--to is for --format mail.`, {
				hints: [{ again: { format: "mail" } }],
			});
		const mailbox = to === undefined ? undefined : parseMailbox(to);
		const account = parseAccount(args.user);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: true });
		const now = context.host.now();
		const activation = await registry.read(async (view) => {
			const environment = await requireEnvironment(view, settings.environment);
			const whose = { environment: environment.name, account, product: flags.product };
			return tellActivation(await requireActivation(view, environment, whose), now);
		});
		const letter = letterFor(activation);
		const { subject } = letter;
		const text = letterText(letter);
		const html = letterHtml(letter);
		const content =
			format === "mail"
				? await context.host.draftMail({ to: mailbox, subject, text, html, date: now })
				: format === "html"
					? html
					: `${subject}\n\n${text}`;
		const about = { user: activation.user, format, subject, inventoryOnly: true } as const;
		if (flags["out-file"] === undefined) return { ...about, letter: content, file: null };
		const file = await context.host.files.write(flags["out-file"], pieces(content), { force: flags.force });
		return { ...about, letter: null, file };
	},
	view: ({ letter, file }): Block[] =>
		letter === null ? [{ line: t`Letter written to ${file ?? ""}` }, inventoryLine()] : [{ verbatim: letter }],
});

async function* pieces(content: string): AsyncIterable<string> {
	yield content;
}
