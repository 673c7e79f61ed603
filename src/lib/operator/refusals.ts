import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { mayActAs, type Role, roles } from "../registry/role.js";
import { plural, t } from "../text.js";
import type { Operator } from "./operator.js";

/** Somebody must remain who may say who may do what. @param name who was to be something else */
export function noAdminLeft(message = t`At least one operator must be an admin.`, name?: string): CfmError {
	return new CfmError("conflict", "no-admin-left", message, {
		hints: [line("operators add", [{ fill: "NAME" }], { role: "admin" }), line("operators list")],
		data: name === undefined ? {} : { name },
	});
}

/** A command was called by somebody who has not the role that it needs. */
export interface Refused {
	command: string;
	needed: Role;
	account: string;
	/** What they have; null: no role. */
	role: Role | null;
	/** Everybody who is named. */
	operators: readonly Operator[];
	/** Who may do it beside those who are named, in words; null: nobody. */
	also: string | null;
}

/** Names of those who can, in one hint. */
const named = 3;

/** @returns denied `role-needed`, which names who can */
export function roleNeeded({ command, needed, account, role, operators, also }: Refused): CfmError {
	const able = operators.filter((one) => mayActAs(one.role, needed)).sort((a, b) => rank(a) - rank(b));
	const names = able.slice(0, named).map((one) => `${one.name} (${one.role})`);
	const more = able.length - names.length;
	return new CfmError(
		"denied",
		"role-needed",
		role === null
			? t`cfm ${command} needs the role ${needed}, and ${account} has none in this registry.`
			: t`cfm ${command} needs the role ${needed}, and ${account} has only the role ${role} in this registry.`,
		{
			hints: [
				...(names.length === 0
					? []
					: [
							more > 0
								? plural(more, {
										one: `Ask one of them: ${names.join(", ")}, or 1 other.`,
										other: `Ask one of them: ${names.join(", ")}, or ${more} others.`,
									})
								: t`Ask one of them: ${names.join(", ")}.`,
						]),
				...(also === null ? [] : [also]),
			],
			data: { command, needed, account, role, able: able.map(({ name }) => name) },
		},
	);
}

/** Those who may least come first: they are asked for what they are for. */
const rank = (one: Operator) => roles.indexOf(one.role);
