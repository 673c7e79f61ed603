import { parseDay, startOf } from "../../lib/calendar/day.js";
import { command } from "../../lib/cli/definition.js";
import { silenceItem } from "../../lib/notice/silence-item.js";
import { t } from "../../lib/text.js";
import { silencedBlocks } from "./_silenced.js";
import { hoursOf } from "./_tools.js";

export default command({
	summary: t`Hear no more of an item until a day`,
	description: t`For everybody, in the time zone of notify.zone.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { item: { summary: t`The item, as cfm notify list shows it`, required: true, of: "new" } },
	flags: {
		until: {
			kind: "text",
			value: "DAY",
			required: true,
			summary: t`When it is told again: 2026-01-15`,
		},
		note: { kind: "text", value: "TEXT", summary: t`A note for the history` },
	},
	examples: [{ what: t`While somebody is away`, line: "cfm notify snooze access/1/1 --until 2099-01-15" }],
	async run({ args, flags }, context) {
		const settings = await context.settings();
		const until = startOf(parseDay(flags.until), (await hoursOf(settings)).zone);
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const now = context.host.now();
		return context.carryOut(silenceItem({ item: args.item, until, note: flags.note, now }), registry);
	},
	view: silencedBlocks,
});
