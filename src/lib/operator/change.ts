import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { isSameRow, recordChange } from "../registry/kind.js";
import type { RegistryView } from "../registry/registry.js";
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
	/** What they log in as where the registry is on a server; without it, the first of `loginsOf` that there is. */
	login?: string | undefined;
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
			const { name, sid, role, mail, lang, login } = request;
			const [all, before = null] = await Promise.all([listOperators(view), operatorMeant(view, request)]);
			const is = before ?? { name, kind: request.kind ?? "user", mail: null, lang: null, login: null };
			const after: Operator = {
				...is,
				sid: sid ?? before?.sid ?? null,
				role,
				mail: mail === undefined ? is.mail : mail,
				lang: lang === undefined ? is.lang : lang,
				login: await loginFor(view, is, login),
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

/**
 * What somebody logs in as: what was said, what is recorded, or what they are probably called there.
 *
 * @throws CfmError not-found `no-such-login`; usage `no-logins`
 */
async function loginFor(
	view: RegistryView,
	{ name, login }: Pick<Operator, "name" | "login">,
	said: string | undefined,
): Promise<string | null> {
	if (view.logins === undefined) {
		if (said !== undefined) throw noLogins();
		return login;
	}
	const among = said !== undefined ? [said] : login !== null ? [login] : loginsOf(name);
	const there = await view.logins(among);
	const found = among.find((one) => there.has(one));
	if (found === undefined) throw noSuchLogin(name, among);
	return found;
}

/** What an account may be called as a role of PostgreSQL, most certain first: as it is written, or its name alone. */
export function loginsOf(name: string): string[] {
	const alone = name.replace(/^.*\\/, "").replace(/@.*$/, "");
	return [...new Set([name, name.toLowerCase(), alone, alone.toLowerCase()])];
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

function noLogins(): CfmError {
	return new CfmError("usage", "no-logins", t`--login is for a registry on PostgreSQL.`, {
		hints: [{ again: { login: undefined } }],
	});
}

function noSuchLogin(name: string, among: readonly string[]): CfmError {
	return new CfmError(
		"not-found",
		"no-such-login",
		t`The server knows no login for ${name}: there is no role ${among.join(", ")}.`,
		{
			hints: [
				t`Let a database administrator create it (CREATE ROLE … LOGIN).`,
				{ say: t`If they log in under another name:`, line: { again: { login: { fill: "LOGIN" } } } },
			],
			data: { name, logins: among },
		},
	);
}
