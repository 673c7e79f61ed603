import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { type CalendarDate, calendarDates, calendarText } from "../../lib/notice/dates.js";
import { plural, t } from "../../lib/text.js";

interface Exported {
	events: CalendarDate[];
	total: number;
	/** The calendar itself; null when it was written to a file. */
	calendar: string | null;
	file: string | null;
	inventoryOnly: true;
}

export default command({
	summary: t`Write all deadlines as a calendar file (.ics)`,
	description: t`Codes, subscriptions, certificates, access to them, quarantines. Read again, it moves what was renewed and adds nothing twice.`,
	role: "auditor",
	registry: true,
	flags: {
		"out-file": { kind: "text", char: "o", value: "FILE", summary: t`Write this file instead of stdout` },
		force: { kind: "boolean", summary: t`Replace the file when it exists` },
		environment: {
			kind: "text",
			char: "e",
			value: "NAME",
			summary: t`Codes, subscriptions and quarantines of this environment only`,
		},
	},
	examples: [{ what: t`A file to import`, line: "cfm calendar export --out-file deadlines.ics" }],
	async run({ flags }, context): Promise<Exported> {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const now = context.host.now();
		const { events, last } = await registry.read(async (view) => ({
			events: await calendarDates(view, { environment: flags.environment, now }),
			last: await view.lastEvent(),
		}));
		const text = await context.host.calendarFile({
			name: t`cfm: deadlines`,
			// By the log: the same registry is the same file, and what has changed is newer.
			...{ sequence: last?.seq ?? 0, stamp: new Date(last?.at ?? now) },
			entries: events.map((one) => ({ ...one, at: new Date(one.at), description: calendarText(one) })),
		});
		const answer = { events, total: events.length, inventoryOnly: true } as const;
		if (flags["out-file"] === undefined) return { ...answer, calendar: text, file: null };
		const file = await context.host.files.write(flags["out-file"], pieces(text), { force: flags.force });
		return { ...answer, calendar: null, file };
	},
	view: ({ calendar, file, total }): Block[] =>
		calendar === null
			? [
					{
						line: plural(total, {
							one: `1 deadline written to ${file ?? ""}`,
							other: `${total} deadlines written to ${file ?? ""}`,
						}),
					},
				]
			: [{ verbatim: calendar }],
});

async function* pieces(content: string): AsyncIterable<string> {
	yield content;
}
