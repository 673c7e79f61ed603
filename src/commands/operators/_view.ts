import { localTime } from "../../lib/cli/time.js";
import { type Block, type Table, table } from "../../lib/cli/view.js";
import type { Context } from "../../lib/context.js";
import type { OperatorAnswer, RoleAmong } from "../../lib/operator/change.js";
import { type Named, parseOperatorName } from "../../lib/operator/find.js";
import type { Operator } from "../../lib/operator/operator.js";
import { roleOf, roleOnServer } from "../../lib/operator/standing.js";
import type { Registry } from "../../lib/registry/registry.js";
import { t } from "../../lib/text.js";
import type { Tried } from "../_recorded.js";

export const operatorFields = ["name", "kind", "sid", "role", "mail", "lang", "login", "since"] as const;

export const kindFlag = {
	kind: {
		kind: "text",
		value: "KIND",
		choices: ["user", "group"],
		summary: t`user or group, where both have the name`,
	},
} as const;

export function operatorsTable(rows: readonly Operator[], empty: string): Table {
	return table<Operator>(
		[
			{ head: t`NAME`, field: "name", value: ({ name }) => name, whole: true },
			{ head: t`KIND`, field: "kind", value: ({ kind }) => kind },
			{ head: t`ROLE`, field: "role", value: ({ role }) => role },
			{ head: t`MAIL`, field: "mail", value: ({ mail }) => mail, shrinks: true },
			{ head: t`LANGUAGE`, field: "lang", value: ({ lang }) => lang, optional: true },
			{ head: t`LOGIN`, field: "login", value: ({ login }) => login, optional: true },
			{
				head: t`SINCE`,
				field: "since",
				value: ({ since }) => since,
				drawn: ({ since }) => localTime(since),
				optional: true,
			},
		],
		rows,
		empty,
	);
}

/** Whom a name means, as this machine knows them; where it does not, it is taken as it was typed, and that is said. */
export async function namedBy(context: Context, text: string, kind: Named["kind"]): Promise<Named> {
	const name = parseOperatorName(text);
	const found = await context.host.principal(name, kind);
	if (found.known && found.value !== undefined) return found.value;
	context.shell.warn(
		found.known
			? t`This system knows no account or group ${name}. It is taken as you wrote it.`
			: t`Can't determine who ${name} is: ${found.why}. The name is taken as you wrote it.`,
	);
	return { name, kind, sid: null };
}

/** What role whoever runs this has among operators. */
export async function yourRole(context: Context, { standing }: Registry): Promise<RoleAmong> {
	if (standing !== undefined) return roleOnServer(standing);
	const asker = await context.host.asker();
	return (all) => roleOf(asker, all);
}

/** What became of an operator, in a sentence. */
export function changeText({ operator: { name, role }, changed, dryRun }: OperatorAnswer & Tried): string {
	if (!changed) return t`${name} already has the role ${role}.`;
	return dryRun ? t`${name} would get the role ${role}.` : t`${name} has the role ${role}.`;
}

/** Who may name operators from now on. */
export function adminsLine({ admins }: OperatorAnswer): Block {
	return { line: t`Admins: ${admins.join(", ")}` };
}
