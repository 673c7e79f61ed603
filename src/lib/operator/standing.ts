import { registered, relate } from "../account/whose.js";
import type { ServerStanding } from "../registry/registry.js";
import { type Role, roles } from "../registry/role.js";
import type { Asker } from "./asker.js";
import type { Operator } from "./operator.js";

/**
 * The role of whoever asks, the one that may most; null: none. Whoever administers the machine that an embedded registry is on
 * is an admin of it. A name without a domain is that of no account of a domain: nobody gets a role by a guess.
 */
export async function roleOf(asker: Asker, all: readonly Operator[]): Promise<Role | null> {
	if (asker.administers) return "admin";
	const self = registered({ user: asker.account, sid: asker.sid });
	const isSelf = ({ name, sid }: Operator) => relate(registered({ user: name, sid }), self, []) === "same";
	const groups = all.filter(({ kind }) => kind === "group");
	const own = [
		...all.filter((one) => one.kind === "user" && isSelf(one)),
		...(groups.length === 0 ? [] : await asker.memberOf(groups)),
	];
	return roles.findLast((role) => own.some((one) => one.role === role)) ?? null;
}

/** The same where a server gives roles: to logins of operators those that they are named for; to others those that they have. */
export function roleOnServer({
	login,
	role,
	isSuperuser,
}: ServerStanding): (all: readonly Operator[]) => Promise<Role | null> {
	let wasNamed = false;
	return async (all) => {
		const own = all.filter((one) => one.login === login);
		if (isSuperuser || (own.length === 0 && !wasNamed)) return role;
		wasNamed = true;
		return roles.findLast((one) => own.some((row) => row.role === one)) ?? null;
	};
}
