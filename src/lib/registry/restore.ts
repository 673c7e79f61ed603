import type { Registry } from "./port.js";

/** An ID that somebody got after the backup was made: a restore forgets it, and it could be given again. */
export interface ForgottenId {
	environment: string;
	id: number;
	user: string;
}

export interface RestorePlan {
	backup: string;
	registry: string;
	backupEvents: number;
	/** IDs that are allocated now and are not, or not to the same user, in the backup. */
	forgotten: ForgottenId[];
	/** Why what is forgotten cannot be told: the registry is damaged or gone. */
	unknown: string | null;
}

/** What a restore would forget. */
export async function planRestore(current: Registry | undefined, backup: Registry): Promise<ForgottenId[]> {
	if (current === undefined) return [];
	return backup.read(async (then) =>
		current.read(async (now) => {
			const forgotten: ForgottenId[] = [];
			for await (const chunk of now.allocations({ state: "allocated" })) {
				for (const { environment, id, user } of chunk) {
					const before = await then.allocation(environment, id);
					if (before?.state !== "allocated" || before.user !== user) forgotten.push({ environment, id, user: user ?? "" });
				}
			}
			return forgotten;
		}),
	);
}
