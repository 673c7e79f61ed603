import { command } from "../lib/cli/definition.js";
import { helpTopics } from "../lib/cli/help.js";
import { line } from "../lib/command-line.js";
import { CfmError } from "../lib/errors.js";
import { t } from "../lib/text.js";

export default command({
	summary: t`Explain a topic: exit-codes, json; or a command`,
	role: "none",
	args: { about: { summary: t`exit-codes, json, or a command`, many: true } },
	examples: [
		{ what: t`The exit codes`, line: "cfm help exit-codes" },
		{ what: t`What --json prints`, line: "cfm help json" },
	],
	async run({ args }) {
		const topic = args.about.join(" ");
		const page = helpTopics[topic];
		if (page !== undefined) return { topic, text: page.text() };
		throw new CfmError("not-found", "no-help", t`There is no help on ${topic}.`, {
			hints: [...Object.keys(helpTopics).map((name) => line("help", [name])), line("", [], { help: true })],
		});
	},
	view: ({ text }) => [{ verbatim: text }],
});
