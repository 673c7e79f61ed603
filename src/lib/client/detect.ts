import type { Known } from "../known.js";
import { known } from "../known.js";
import type { LocalUser, Machine, Observation } from "./ports.js";
import type { ClientLayout, ClientProfile } from "./profile.js";

/** An observation, and whether the client profile says the same. */
export interface ComparedObservation extends Observation {
	agrees: boolean;
}

/** What is seen of a client, against the client profile. */
export async function compareWithProfile(
	machine: Machine,
	profile: ClientProfile,
	user: LocalUser,
): Promise<Known<ComparedObservation[]>> {
	const found = await machine.client.detect(user, profile);
	if (!found.known) return found;
	return known(found.value.map((one) => ({ ...one, agrees: one.seen.toLowerCase() === one.expected.toLowerCase() })));
}

/**
 * What the client profile should say after all; only what is seen once is believed, contradictions are left to people.
 * A user's own folder becomes the variable that stands for everybody's.
 */
export function profileChanges(observations: readonly ComparedObservation[], user: LocalUser): Partial<ClientLayout> {
	const changes: Partial<ClientLayout> = {};
	const differing = (about: Observation["about"]): string | undefined => {
		const seen = observations.filter((one) => one.about === about);
		return seen.length === 1 && seen[0] !== undefined && !seen[0].agrees ? seen[0].seen : undefined;
	};
	const folder = differing("installFolder");
	if (folder !== undefined) changes.installFolder = generalised(folder, user);
	const entry = differing("uninstallKey");
	if (entry !== undefined) changes.uninstallKey = entry;
	const value = differing("clientId");
	const cut = value?.lastIndexOf("\\") ?? -1;
	if (value !== undefined && cut > 0) changes.clientId = { key: value.slice(0, cut), value: value.slice(cut + 1) };
	return changes;
}

function generalised(folder: string, user: LocalUser): string {
	const profile = user.profileFolder.replace(/[\\/]+$/, "");
	const below = folder.slice(profile.length);
	// The folder of anabel is not below the one of ana.
	if (!folder.toLowerCase().startsWith(profile.toLowerCase()) || !/^[\\/]/.test(below)) return folder;
	return below
		.replace(/^\\AppData\\Roaming/i, "%APPDATA%")
		.replace(/^\\AppData\\Local/i, "%LOCALAPPDATA%")
		.replace(/^(?=[\\/])/, user.profileFolder.includes("/") ? "%HOME%" : "%USERPROFILE%");
}
