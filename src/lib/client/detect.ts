import { type Known, known } from "../known.js";
import { became, intended, type Narrator, type OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import type { LocalUser, Machine, Observation } from "./machine.js";
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

export interface DetectAnswer {
	user: string;
	observations: ComparedObservation[];
	total: number;
	/** The administrator's own client profile; null for the one that ships. */
	profile: string | null;
	changed: boolean;
}

/** What `cfm client detect --apply` works with. */
export interface Detection {
	machine: Machine;
	user: LocalUser;
	profile: ClientProfile;
	/** Which part of the client profile is about this machine. */
	side: "windows" | "linux";
	file: string;
	write(values: Record<string, unknown>): void;
	narrator: Narrator;
}

type DetectPlan = { observations: ComparedObservation[]; changes: Partial<ClientLayout> };

/**
 * `cfm client detect`.
 *
 * @param apply store what was seen in the client profile; otherwise it is only looked
 */
export function detectClient(
	{ machine, user, profile, side, file, write, narrator }: Detection,
	apply: boolean,
): OutsideOperation<DetectPlan, true, DetectAnswer> {
	const act = { action: "client.detect", environment: "", subject: "client profile" } as const;
	const names = ({ changes }: DetectPlan) => Object.keys(changes);
	return {
		asked: { user: user.account, apply },
		async plan() {
			const found = await compareWithProfile(machine, profile, user);
			if (!found.known) narrator.warn(t`Can't determine what is installed: ${found.why}`);
			const observations = found.known ? found.value : [];
			return { observations, changes: profileChanges(observations, user) };
		},
		needed: (plan) => apply && names(plan).length > 0,
		danger: (plan) => ({ question: t`Write ${names(plan).join(", ")} into ${file}?` }),
		intent: ({ changes }) => [intended(act, profile[side], changes)],
		async apply({ changes }) {
			const { source: _, ...values } = profile;
			write({ ...values, verified: false, [side]: { ...profile[side], ...changes } });
			return true;
		},
		outcome: async ({ changes }) => [became(act, changes)],
		answer: (plan) => ({
			user: user.account,
			observations: plan.observations,
			total: plan.observations.length,
			profile: profile.source,
			changed: apply && names(plan).length > 0,
		}),
	};
}
