/** What operators may do, from the role that may least; each may also do what those before it may. */
export const roles = ["auditor", "operator", "issuer", "admin"] as const;
export type Role = (typeof roles)[number];

/** A role and those that may more. */
export function rolesFrom(least: Role): readonly Role[] {
	return roles.slice(roles.indexOf(least));
}
