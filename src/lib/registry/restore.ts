import type { Registry } from "./port.js";

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
				for (const { environment, id, user } of chunk) {
					const before = await then.allocation(environment, id);
					if (before?.state !== "allocated" || before.user !== user)
						forgotten.push({ environment, id, user: user ?? "" });
				}
			}
			return forgotten;
		}),
	);
}
