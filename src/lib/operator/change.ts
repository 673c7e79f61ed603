import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { isSameRow, recordChange } from "../registry/kind.js";
import { mayActAs, type Role } from "../registry/role.js";
import { t } from "../text.js";
import { type Named, operatorMeant } from "./find.js";
import { listOperators, type Operator, operators } from "./operator.js";
import { noAdminLeft } from "./refusals.js";

export interface OperatorAnswer {
	/** Of one that is removed, as it was. */
	operator: Operator;
	changed: boolean;
	/** Nobody was named before: from now on, only those who are may use the registry. */
	isFirst: boolean;
	/** The names of those who are admins then. */
	admins: string[];
	/** The role of whoever asks, before and then; null: none. */
	yours: { before: Role | null; after: Role | null };
}

/** What role somebody has where these are named. */
export type RoleAmong = (all: readonly Operator[]) => Promise<Role | null>;

type OperatorPlan = Plan & { answer: OperatorAnswer };
export type OperatorOperation = RegistryOperation<OperatorPlan, OperatorAnswer>;

/** What is said of somebody; undefined leaves it as it is. */
export interface AddOperatorRequest extends Named {
	role: Role;
	mail: string | null | undefined;
	lang: string | null | undefined;
	now: Date;
	/** Of whoever asks. */
	yourRole: RoleAmong;
}

/**
 * `cfm operators add`: names somebody, or says something else of whoever is named already.
 *
 * @throws CfmError conflict `no-admin-left`, `ambiguous-operator`
 */
export function addOperator({ now, yourRole, ...request }: AddOperatorRequest): OperatorOperation {
	return {
		asked: request,
		async plan(view) {
			const { name, sid, role, mail, lang } = request;
			const [all, before = null] = await Promise.all([listOperators(view), operatorMeant(view, request)]);
			const is = before ?? { name, kind: request.kind ?? "user", mail: null, lang: null, login: null };
			const after: Operator = {
				...is,
				sid: sid ?? before?.sid ?? null,
				role,
				mail: mail === undefined ? is.mail : mail,
				lang: lang === undefined ? is.lang : lang,
				since: before?.since ?? now.toISOString(),
			};
			const then = [...all.filter((one) => one !== before && !isSameRow(one, before)), after];
			if (all.length === 0 && role !== "admin")
				throw noAdminLeft(t`Nobody is named yet: the first operator must be an admin.`, name);
			if (!then.some(isAdmin)) throw lastAdmin(name);
			const changed = before === null || !isSameRow(before, after);
			const action = before === null ? "operator.add" : "operator.set";
			return {
				answer: {
					...{ operator: after, changed, isFirst: all.length === 0, admins: adminsIn(then) },
					yours: await yoursIn(all, then, yourRole),
				},
				changes: changed ? [recordChange(operators, action, before, after)] : [],
			};
		},
		danger: ({ answer: { operator, isFirst, yours } }) => {
			const details = loss(yours);
			if (isFirst)
				return {
					question: t`Name ${operator.name} as the first admin? From then on, only operators can use this registry.`,
					details,
				};
			return details.length === 0 ? undefined : { question: t`Make ${operator.name} ${operator.role}?`, details };
		},
		answer: ({ answer }) => answer,
	};
}

/**
 * `cfm operators remove`.
 *
 * @throws CfmError not-found `no-such-operator`; conflict `no-admin-left`, `ambiguous-operator`
 */
export function removeOperator({ yourRole, ...request }: Named & { yourRole: RoleAmong }): OperatorOperation {
	return {
		asked: request,
		async plan(view) {
			const [all, before] = await Promise.all([listOperators(view), operatorMeant(view, request)]);
			if (before === undefined) throw noSuchOperator(request.name);
			const then = all.filter((one) => !isSameRow(one, before));
			if (!then.some(isAdmin)) throw lastAdmin(before.name);
			return {
				answer: {
					...{ operator: before, changed: true, isFirst: false, admins: adminsIn(then) },
					yours: await yoursIn(all, then, yourRole),
				},
				changes: [recordChange(operators, "operator.remove", before, null)],
			};
		},
		danger: ({ answer: { operator, yours } }) => ({
			question: t`Remove the ${operator.role} ${operator.name}?`,
			details: loss(yours),
		}),
		answer: ({ answer }) => answer,
	};
}

/** While nobody is named, whoever may write is an admin. */
async function yoursIn(
	all: readonly Operator[],
	then: readonly Operator[],
	yourRole: RoleAmong,
): Promise<OperatorAnswer["yours"]> {
	const [before, after] = await Promise.all([all.length === 0 ? ("admin" as const) : yourRole(all), yourRole(then)]);
	return { before, after };
}

/** Whoever asks is told that they lose what they may do now. */
function loss({ before, after }: OperatorAnswer["yours"]): string[] {
	if (mayActAs(after, before ?? "auditor") || before === null) return [];
	return [after === null ? t`You will have no role any more.` : t`You will have only the role ${after}.`];
}

const isAdmin = ({ role }: Operator) => role === "admin";
const adminsIn = (all: readonly Operator[]) => all.filter(isAdmin).map(({ name }) => name);

function noSuchOperator(name: string): CfmError {
	return new CfmError("not-found", "no-such-operator", t`${name} is no operator of this registry.`, {
		hints: [line("operators list")],
		data: { name },
	});
}

function lastAdmin(name: string): CfmError {
	return noAdminLeft(t`${name} is the only admin, and somebody must be one.`, name);
}
