import type { OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import type { Origin } from "./port.js";
import type { RegistryProvider } from "./provider.js";

export interface MigrateAnswer {
	registry: string;
	from: number;
	to: number;
	changed: boolean;
	/** Where a copy of what was there is. */
	kept: string | null;
}

/** `cfm registry migrate`. The registry itself writes the event, in the transaction that makes the new tables. */
export function migrateRegistry(
	registries: RegistryProvider,
	location: string,
	asker: { origin(asked: unknown): Origin },
): OutsideOperation<Omit<MigrateAnswer, "kept">, string | null, MigrateAnswer> {
	return {
		asked: {},
		async plan() {
			const { location: registry, from, to } = await registries.schema(location);
			return { registry, from, to, changed: from !== to };
		},
		danger: ({ registry, from, to }) => ({
			question: t`Update ${registry} from schema ${from} to ${to}?`,
			details: [t`  Older versions of cfm can't use it afterwards. A copy is kept beside it.`],
		}),
		needed: ({ changed }) => changed,
		intent: () => [],
		apply: () => registries.migrate(location, asker.origin({})),
		outcome: async () => [],
		answer: (plan, kept = null) => ({ ...plan, kept }),
	};
}
