import { command } from "../../lib/cli/definition.js";
import { silenceItem } from "../../lib/notice/silence-item.js";
import { t } from "../../lib/text.js";
import { silencedBlocks } from "./_silenced.js";

export default command({
	summary: t`Hear no more of an item; of what replaces it people hear again`,
	description: t`For everybody. What is renewed or replaced is another item.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { item: { summary: t`The item, as cfm notify list shows it`, required: true, of: "new" } },
	flags: { note: { kind: "text", value: "TEXT", summary: t`A note for the history` } },
	examples: [{ what: t`A certificate that nobody needs any more`, line: "cfm notify ack access/1/1" }],
	async run({ args, flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const now = context.host.now();
		return context.carryOut(silenceItem({ item: args.item, until: null, note: flags.note, now }), registry);
	},
	view: silencedBlocks,
});
