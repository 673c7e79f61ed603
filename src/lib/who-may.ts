import { tryAccount } from "./account/account.js";
import { byName, registered, relate } from "./account/whose.js";
import type { Me } from "./cli/definition.js";
import type { Shell } from "./cli/shell.js";
import type { CfmError } from "./errors.js";
import type { Host } from "./host/host.js";
import type { Asker } from "./operator/asker.js";
import { listOperators } from "./operator/operator.js";
import type { Change, Registry } from "./registry/registry.js";
import { mayActAs, type Role, roles } from "./registry/role.js";
import { t } from "./text.js";

/**
 * Why a command is not for whoever asks, who has not the role that it needs; undefined: it is (docs/decisions/0056).
 *
 * @param needed by default, what the command declares
 * @returns denied `role-needed`
 */
export async function refusalFor(
	registry: Registry,
	{ command, definition: { role, own }, request }: Pick<Shell, "command" | "definition" | "request">,
	host: Pick<Host, "asker" | "machine" | "platform">,
	needed?: Role,
): Promise<CfmError | undefined> {
	const least = needed ?? role;
	if (least === "none" || least === "as-done") return undefined;
	const { standing } = registry;
	// What a server gives is more than what is recorded.
	if (standing !== undefined && (!standing.isNamed || mayActAs(standing.role, least))) return undefined;
	const operators = await registry.read(listOperators);
	if (operators.length === 0) return undefined;
	const asker = await host.asker();
	if (needed === undefined && (await own?.(request, meOf(asker, host)))) return undefined;
	const [{ roleOf }, { roleNeeded }] = await Promise.all([
		import("./operator/standing.js"),
		import("./operator/refusals.js"),
	]);
	const held = standing === undefined ? await roleOf(asker, operators) : standing.role;
	if (mayActAs(held, least)) return undefined;
	const elevated =
		host.platform === "win32"
			? t`Administrators of this machine may do it, too, if cfm runs elevated.`
			: t`root may do it, too.`;
	const also = standing === undefined ? elevated : null;
	return roleNeeded({ command, needed: least, account: asker.account, role: held, operators, also });
}

/** Whoever runs a command, for what is their own. */
function meOf({ account, sid }: Asker, host: Pick<Host, "machine">): Me {
	const self = registered({ user: account, sid });
	const is = (user: string) => {
		const named = tryAccount(user);
		return !("problem" in named) && relate(named, byName(self), []) === "same";
	};
	const seesOthers = async () => {
		const { elevated } = await host.machine();
		return !elevated.known || elevated.value;
	};
	return {
		is,
		areOnly: async (users) => (users.length > 0 && users.every(is)) || !(await seesOthers()),
	};
}

/**
 * The role that may make all of some changes; undefined: there are none. What names none is an operator's work, as IDs and
 * what is done outside of the registry are.
 */
export function roleFor(changes: readonly Change[]): Role | undefined {
	const needed = new Set(changes.map(({ of }) => (typeof of === "object" ? of.changedBy : undefined) ?? "operator"));
	return roles.findLast((role) => needed.has(role));
}
