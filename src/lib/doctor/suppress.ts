import { keysOf, parseAccount } from "../account/account.js";
import { registered, relate } from "../account/whose.js";
import { line } from "../command-line.js";
import { requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { ToldFinding } from "../finding/finding.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { type Suppression, suppressions } from "./suppression.js";

export interface SuppressionAnswer extends Suppression {
	changed: boolean;
}

type SuppressionPlan = Plan & { answer: SuppressionAnswer };

/**
 * `cfm doctor suppress`: a finding is still looked for, listed and counted, but fails no command until then.
 *
 * @param request.until ISO 8601 UTC
 */
export function suppressFinding(request: {
	environment: string;
	finding: string;
	user: string | undefined;
	reason: string;
	until: string;
	now: Date;
}): RegistryOperation<SuppressionPlan, SuppressionAnswer> {
	const { now, ...asked } = request;
	const { finding, reason, until } = request;
	return {
		asked,
		async plan(view) {
			const environment = (await requireEnvironment(view, request.environment)).name;
			const user = request.user === undefined ? null : parseAccount(request.user).spelling;
			const before = (await view.record(suppressions, { environment, finding, user })) ?? null;
			const isSo = before !== null && before.reason === reason && before.until === until;
			const after = { environment, finding, user: before?.user ?? user, reason, since: now.toISOString(), until };
			return {
				answer: { ...(isSo ? before : after), changed: !isSo },
				changes: isSo ? [] : [recordChange(suppressions, "suppression.add", before, after, reason)],
			};
		},
		answer: ({ answer }) => answer,
	};
}

/** `cfm doctor suppressions remove`: it is told again. @throws CfmError not-found `no-such-suppression` */
export function endSuppression(request: {
	environment: string;
	finding: string;
	user: string | undefined;
}): RegistryOperation<SuppressionPlan, SuppressionAnswer> {
	const { finding } = request;
	return {
		asked: request,
		async plan(view) {
			const environment = (await requireEnvironment(view, request.environment)).name;
			const user = request.user === undefined ? null : parseAccount(request.user).spelling;
			const before = await view.record(suppressions, { environment, finding, user });
			if (before !== undefined) {
				return {
					answer: { ...before, changed: true },
					changes: [recordChange(suppressions, "suppression.remove", before, null)],
				};
			}
			throw new CfmError(
				"not-found",
				"no-such-suppression",
				user === null ? t`${finding} is not suppressed.` : t`${finding} is not suppressed for ${user}.`,
				{ hints: [line("doctor suppressions list")], data: { finding, user } },
			);
		},
		answer: ({ answer }) => answer,
	};
}

/** All of an environment, those that are over included. */
export async function listSuppressions(view: RegistryView, environment: string): Promise<Suppression[]> {
	return (await Array.fromAsync(view.records(suppressions, { environment }))).flat();
}

/** What hides findings now, by whom they are about. */
export async function suppressedNow(
	view: RegistryView,
	name: string,
	now: Date,
): Promise<(finding: Pick<ToldFinding, "id" | "affected">) => Suppression | null> {
	const environment = await view.environment(name);
	const domains = environment?.domains ?? [];
	const current = (await listSuppressions(view, name)).filter(({ until }) => until > now.toISOString());
	const indexed = [...Map.groupBy(current, ({ finding }) => finding)].map(
		([finding, own]) =>
			[
				finding,
				{
					whole: own.find(({ user }) => user === null),
					// Only who has the same name can be the same: not every user is held against every suppression.
					byName: Map.groupBy(own, ({ user }) => keysOf(user ?? "").name),
				},
			] as const,
	);
	const byFinding = new Map(indexed);
	return ({ id, affected: { users } }) => {
		const own = byFinding.get(id);
		if (own === undefined) return null;
		const { whole, byName } = own;
		if (whole !== undefined || users.length === 0) return whole ?? null;
		// Of several users, one whom nobody spoke of keeps it.
		const all = users.map((one) => {
			const account = told(one);
			return byName.get(account.name)?.find(({ user }) => relate(told(user ?? ""), account, domains) === "same");
		});
		return all.every((one) => one !== undefined) ? (all[0] ?? null) : null;
	};
}

const told = (user: string) => registered({ user, sid: null });

/** A day, to its end in UTC, as ISO 8601. @throws CfmError usage `bad-date` */
export function parseUntil(text: string, now: Date): string {
	const end = new Date(`${text}T23:59:59.999Z`);
	const isDay = /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(end.getTime()) && end.toISOString().startsWith(text);
	if (isDay && end > now) return end.toISOString();
	const message = isDay ? t`${text} is over.` : t`Not a date: ${text.slice(0, 80)}.`;
	throw new CfmError("usage", "bad-date", message, {
		hints: [{ say: t`Specify a day to come:`, line: { again: { until: { fill: "2026-12-31" } } } }],
		data: { date: text.slice(0, 80) },
	});
}
