import { type CommandLine, line } from "../command-line.js";
import type { Registry } from "../registry/registry.js";
import { placesSeen } from "./still-seen.js";

/** A change of the registry that clients and browsers must follow, or that somebody should look at there. */
export type Followed = "move" | "release" | "rename";

/** What must be run on a machine after a change; null: wherever this user has a client or a browser. */
export interface FollowUp extends CommandLine {
	machine: string | null;
	user: string;
}

/** Whose ID was changed, and the ID that their clients and browsers still have. */
interface Changed {
	user: string | null;
	id: number;
	changed: boolean;
}

/** Of so many users it is said; of more, `users list --problems` tells on each machine. */
const most = 5;

/**
 * What must follow a change, by where the last looks saw the ID. A last look that is missing says nothing: then it is told
 * of no machine in particular.
 */
export async function followUps(
	registry: Registry,
	verb: Followed,
	environment: string,
	all: readonly Changed[],
): Promise<FollowUp[]> {
	const concerned = all.filter(({ user, changed }) => changed && user !== null).slice(0, most);
	if (concerned.length === 0) return [];
	return registry.read(async (view) => {
		const found: FollowUp[] = [];
		for (const { user, id } of concerned) {
			const places = await placesSeen(view, environment, id);
			for (const [machine, own] of Map.groupBy(places, (one) => one.machine)) {
				const kinds = new Set(own.map(({ kind }) => kind));
				found.push(
					...commandsOf(verb, user ?? "", environment, kinds).map((one) => ({ machine, user: user ?? "", ...one })),
				);
			}
			if (places.length > 0) continue;
			const both = new Set(["clients", "web-ids"] as const);
			found.push(
				...commandsOf(verb, user ?? "", environment, both).map((one) => ({ machine: null, user: user ?? "", ...one })),
			);
		}
		return found;
	});
}

function commandsOf(verb: Followed, user: string, environment: string, kinds: ReadonlySet<string>): CommandLine[] {
	if (verb === "rename") return [line("users show", [user], { environment })];
	const browsers = { user, "all-sites": true, environment };
	const [client, web] =
		verb === "move"
			? [line("client set", [user], { environment }), line("web set", [], browsers)]
			: [line("uninstall", [], { silent: true, user, environment }), line("web clear", [], browsers)];
	return [...(kinds.has("clients") ? [client] : []), ...(kinds.has("web-ids") ? [web] : [])];
}
