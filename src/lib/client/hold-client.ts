import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { pauseBefore } from "./apply-install.js";
import type { LocalUser, Machine } from "./machine.js";
import type { ClientProfile } from "./profile.js";

/**
 * Makes sure that nobody else changes the same client at the same time: whoever comes second waits, as for another
 * installation, and then sees what the first one did.
 *
 * @returns what lets the next one
 * @throws CfmError busy `client-busy`
 */
export async function holdClient(
	machine: Machine,
	profile: ClientProfile,
	user: LocalUser,
	retries: number,
	pause: (milliseconds: number) => Promise<unknown>,
): Promise<() => void> {
	for (let attempt = 1; ; attempt += 1) {
		const release = await machine.hold(machine.client.program(user, profile));
		if (release !== undefined) return release;
		if (attempt > retries) {
			throw new CfmError("busy", "client-busy", t`Another cfm is changing the client of ${user.account}.`, {
				hints: [
					t`Try again when it has finished.`,
					{ say: t`Or let it wait:`, line: { again: { retries: { fill: "N" } } } },
				],
				data: { user: user.account, attempts: attempt },
			});
		}
		await pause(pauseBefore(attempt));
	}
}
