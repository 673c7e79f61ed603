import type { Account } from "../account/account.js";
import { registered, relate } from "../account/whose.js";
import type { Environment } from "../environment/environment.js";
import type { RegistryView } from "../registry/registry.js";
import type { Allocation } from "./allocation.js";

/**
 * The registered account that a name without a domain may be, if a shell took its backslash away: `CORPana` is what sh
 * makes of an unquoted `CORP\ana`. It is a name like any other, too.
 */
export async function lostBackslash(
	view: RegistryView,
	environment: Environment,
	account: Account,
): Promise<Allocation | undefined> {
	if (account.domain !== "") return undefined;
	const cuts = Array.from({ length: account.name.length - 1 }, (_, at) => ({
		...{ spelling: "", domain: account.name.slice(0, at + 1), name: account.name.slice(at + 1) },
	}));
	const among = await Promise.all(
		cuts.flatMap((whole) =>
			(["allocated", "quarantined"] as const).map(async (state) => {
				const found = await view.allocationsNamed(whole.name, state, environment.name);
				return found.find((one) => {
					const other = registered({ ...one, sid: null });
					return other.domain !== "" && relate(whole, other, environment.domains) === "same";
				});
			}),
		),
	);
	return among.find((one) => one !== undefined);
}
