import { keysOf } from "../../account/account.js";
import { keptOf, type Look } from "../../registry/look.js";
import type { Connection } from "./connection.js";

/** Puts a look in the place of the one before. */
export async function putLook(connection: Pick<Connection, "ask">, look: Look): Promise<void> {
	const { kept, left } = keptOf(look);
	const sightings = kept.map(({ user, id, attention, facts }) => ({
		...{ user, name_key: user === null ? null : keysOf(user).name, id },
		...{ attention: attention ? 1 : 0, facts: JSON.stringify(facts) },
	}));
	const { environment, machine, kind, at, users } = look;
	const told = { environment, machine, kind, at, users, left, sightings };
	await connection.ask("SELECT cfm.keep_look($1::jsonb)", [JSON.stringify(told).toWellFormed()]);
}
