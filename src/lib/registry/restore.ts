import { basename, resolve } from "node:path";
import { registered, relate } from "../account/whose.js";
import { CfmError } from "../errors.js";
import type { OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import type { RecordKind } from "./kind.js";
import type { Origin, Registry } from "./port.js";
import type { RegistryProvider } from "./provider.js";

/** An ID that somebody got after the backup was made: a restore forgets it, and it could be given again. */
export interface ForgottenId {
	environment: string;
	id: number;
	user: string;
}

/** The IDs that are allocated now and are not, or not to the same user, in a backup. */
export async function forgottenBy(backup: Registry, current: Registry): Promise<ForgottenId[]> {
	return backup.read((then) =>
		current.read(async (now) => {
			const forgotten: ForgottenId[] = [];
			for await (const chunk of now.allocations({ state: "allocated" })) {
				for (const held of chunk) {
					const { environment, id, user } = held;
					const before = await then.allocation(environment, id);
					const domains = (await now.environment(environment))?.domains ?? [];
					const isTheirs =
						before?.state === "allocated" && relate(registered(before), registered(held), domains) === "same";
					if (!isTheirs) forgotten.push({ environment, id, user: user ?? "" });
				}
			}
			return forgotten;
		}),
	);
}

export interface RestoreAnswer {
	registry: string;
	backup: string;
	forgotten: ForgottenId[];
	total: number;
	unknown: string[];
	/** Where what was there is kept. */
	kept: string | null;
}

/** What a restore works with. */
export interface Restoring {
	location: string;
	file: string;
	/** The copy, opened to look at it. */
	copy: Registry;
	/** Of the records that are checked. */
	kinds: readonly RecordKind[];
	/** Opens the registry of today. */
	current(): Promise<Registry>;
	/** Closes both. */
	release(): void;
	origin: Origin;
}

/**
 * `cfm registry restore`: its file name must be said. The registry itself writes the event, in the transaction that
 * replaces its content.
 */
export function restoreRegistry(
	registries: RegistryProvider,
	{ location, file, copy, kinds, current, release, origin }: Restoring,
): OutsideOperation<ForgottenId[] | null, string | null, RestoreAnswer> {
	return {
		asked: { file },
		async plan() {
			const { problems } = await copy.check(kinds);
			if (problems[0] === undefined) return whatIsForgotten(copy, current);
			throw new CfmError("unavailable", "backup-damaged", t`${file} is damaged: ${problems[0].message}`, {
				hints: [t`Use another backup.`],
				data: { problems },
			});
		},
		danger: (forgotten) => ({
			name: basename(location),
			question: t`Replace ${location}?`,
			details: (forgotten ?? []).map(
				({ id, user, environment }) => t`  ID ${id} of ${user} (${environment}) will be forgotten`,
			),
		}),
		needed: () => true,
		intent: () => [],
		async apply(forgotten) {
			release();
			const after = { backup: resolve(file), forgotten: forgotten?.length ?? null };
			const event = { of: "registry", action: "restore", environment: "", after } as const;
			return registries.restore(location, file, origin, event);
		},
		outcome: async () => [],
		answer: (forgotten, kept) => ({
			registry: kept === undefined ? location : resolve(location),
			backup: file,
			forgotten: forgotten ?? [],
			total: forgotten?.length ?? 0,
			unknown: forgotten === null ? ["forgotten"] : [],
			kept: kept ?? null,
		}),
	};
}

/** null: the registry of today cannot be read, so nobody knows. */
async function whatIsForgotten(copy: Registry, current: () => Promise<Registry>): Promise<ForgottenId[] | null> {
	try {
		return await forgottenBy(copy, await current());
	} catch (error) {
		if (error instanceof CfmError && (error.code === "no-registry" || error.kind === "unavailable")) return null;
		throw error;
	}
}
