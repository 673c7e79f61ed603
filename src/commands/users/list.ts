import { command } from "../../lib/cli/definition.js";
import { type Column, table } from "../../lib/cli/view.js";
import { plural, t } from "../../lib/text.js";
import { type ListedUser, listUsers } from "../../lib/user/list.js";
import { isUserProblem } from "../../lib/user/verdict.js";
import { toolsOf } from "../doctor/_tools.js";
import { verdictTones } from "./_view.js";

const columns: readonly Column<ListedUser>[] = [
	{ head: t`USER`, field: "user", value: ({ user }) => user, whole: true },
	{ head: t`VERDICT`, field: "verdict", value: ({ verdict }) => verdict, tone: ({ verdict }) => verdictTones[verdict] },
	{ head: t`ID`, field: "id", value: ({ id }) => id, align: "right", whole: true },
	{ head: t`PORT`, field: "port", value: ({ port }) => port, align: "right" },
	{
		head: t`FINDINGS`,
		field: "findings",
		value: ({ findings }) => findings,
		drawn: ({ findings }) => findings || null,
		align: "right",
		optional: true,
	},
	{ head: t`FIRST`, field: "finding", value: ({ finding }) => finding, optional: true },
	{
		head: t`WHAT`,
		field: "title",
		value: ({ title }) => title,
		// A title says that it is so, which nobody knows here.
		drawn: ({ title, state }) => (title !== null && state === "unknown" ? `${title}?` : title),
		shrinks: true,
	},
];

/** What needs attention first. */
const order: readonly ListedUser["verdict"][] = ["error", "no-id", "warning", "unknown", "ok", "not-here"];

export default command({
	summary: t`List users, and what is wrong with whom`,
	description: t`Everybody with an ID, and with a client or web IDs here. Changes nothing, and exits with 0 whatever it finds.`,
	role: "auditor",
	list: { rows: "users", fields: ["user", "id", "port", "verdict", "findings", "finding", "state", "title", "text"] },
	registry: true,
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		problems: { kind: "boolean", summary: t`Only who needs attention` },
	},
	examples: [
		{ what: t`Everybody`, line: "cfm users list" },
		{ what: t`Who needs attention`, line: "cfm users list --problems" },
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const look = () => listUsers(toolsOf(context, settings), { problems: flags.problems });
		const { blind, ...list } = await context.shell.during(t`Looking at all users`, look);
		for (const why of blind) context.shell.warn(why);
		return list;
	},
	view({ users, of }) {
		const sorted = users.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict));
		const number = users.filter(({ verdict }) => isUserProblem(verdict)).length;
		const counted = plural(number, {
			one: `1 of ${of} needs attention.`,
			other: `${number} of ${of} need attention.`,
		});
		const nobody = plural(of, {
			one: `1 user, who needs no attention.`,
			other: `None of ${of} users needs attention.`,
		});
		return [
			table(columns, sorted, of === 0 ? t`Nobody has an ID.` : nobody),
			...(users.length === 0 ? [] : [{ line: counted, tone: number === 0 ? ("good" as const) : ("caution" as const) }]),
		];
	},
});
