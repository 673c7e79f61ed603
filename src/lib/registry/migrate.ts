import type { OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import type { RegistryProvider } from "./provider.js";
import type { Attribution } from "./registry.js";

export interface MigrateAnswer {
	registry: string;
	from: number;
	to: number;
	changed: boolean;
	/** What a server ran that this version puts in its place, where the schema stays the same; absent when nothing. */
	replaced?: string[];
	/** Where a copy of what was there is. */
	kept: string | null;
}

/** `cfm registry migrate`. The registry itself writes the event, in the transaction that makes the new tables. */
export function migrateRegistry(
	registries: RegistryProvider,
	location: string,
	asker: { attribution(asked: unknown): Promise<Attribution> },
): OutsideOperation<Omit<MigrateAnswer, "kept">, { kept: string | null } | null, MigrateAnswer> {
	return {
		asked: {},
		async plan() {
			const { location: registry, from, to, replaced = [] } = await registries.schema(location);
			if (from !== to || replaced.length === 0) return { registry, from, to, changed: from !== to };
			return { registry, from, to, changed: true, replaced };
		},
		danger: ({ registry, from, to, replaced }) =>
			replaced === undefined
				? {
						question: t`Update ${registry} from schema ${from} to ${to}?`,
						details: [t`  Older versions of cfm can't use it afterwards. A copy is kept beside it.`],
					}
				: {
						question: t`Replace the functions of ${registry} that another version of cfm made?`,
						details: replaced.map((name) => `  ${name}`),
					},
		needed: ({ changed }) => changed,
		intent: () => [],
		apply: async () => registries.migrate(location, await asker.attribution({})),
		outcome: async () => [],
		answer({ replaced, ...plan }, done) {
			// Nothing was done: somebody else was faster.
			const changed = plan.changed && done !== null;
			return { ...plan, changed, ...(changed && replaced !== undefined && { replaced }), kept: done?.kept ?? null };
		},
	};
}
