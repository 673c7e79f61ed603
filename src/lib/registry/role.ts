/** What operators may do, from the role that may least; each may also do what those before it may. */
export const roles = ["auditor", "operator", "issuer", "admin"] as const;
export type Role = (typeof roles)[number];

/** The event of a command that was refused for want of a role: an act, which nothing has to undo. */
export const refusing = "role.refuse";

/** Whether somebody in a role may do what needs another; null is nobody's role. */
export function mayActAs(role: Role | null, needed: Role): boolean {
	return role !== null && roles.indexOf(role) >= roles.indexOf(needed);
}

/** A role and those that may more. */
export function rolesFrom(least: Role): readonly Role[] {
	return roles.slice(roles.indexOf(least));
}
