import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { isSameRow, recordChange } from "../registry/kind.js";
import type { Role } from "../registry/role.js";
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
}

type OperatorPlan = Plan & { answer: OperatorAnswer };
export type OperatorOperation = RegistryOperation<OperatorPlan, OperatorAnswer>;

/** What is said of somebody; undefined leaves it as it is. */
export interface AddOperatorRequest extends Named {
	role: Role;
	mail: string | null | undefined;
	lang: string | null | undefined;
	now: Date;
}

/**
 * `cfm operators add`: names somebody, or says something else of whoever is named already.
 *
 * @throws CfmError conflict `no-admin-left`, `ambiguous-operator`
 */
export function addOperator({ now, ...request }: AddOperatorRequest): OperatorOperation {
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
				answer: { operator: after, changed, isFirst: all.length === 0, admins: adminsIn(then) },
				changes: changed ? [recordChange(operators, action, before, after)] : [],
			};
		},
		answer: ({ answer }) => answer,
	};
}

/**
 * `cfm operators remove`.
 *
 * @throws CfmError not-found `no-such-operator`; conflict `no-admin-left`, `ambiguous-operator`
 */
export function removeOperator(request: Named): OperatorOperation {
	return {
		asked: request,
		async plan(view) {
			const [all, before] = await Promise.all([listOperators(view), operatorMeant(view, request)]);
			if (before === undefined) throw noSuchOperator(request.name);
			const then = all.filter((one) => !isSameRow(one, before));
			if (!then.some(isAdmin)) throw lastAdmin(before.name);
			return {
				answer: { operator: before, changed: true, isFirst: false, admins: adminsIn(then) },
				changes: [recordChange(operators, "operator.remove", before, null)],
			};
		},
		danger: ({ answer: { operator } }) => ({
			question: t`Remove the ${operator.role} ${operator.name}?`,
		}),
		answer: ({ answer }) => answer,
	};
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
