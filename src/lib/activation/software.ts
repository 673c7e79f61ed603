import type { Account } from "../account/account.js";
import { usersUnknown } from "../client/list.js";
import type { LocalUser, Machine } from "../client/machine.js";
import type { ClientProfile } from "../client/profile.js";
import { findLocalUser } from "../client/this-user.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { type Known, known } from "../known.js";
import type { Surroundings } from "../surroundings/surroundings.js";
import { t } from "../text.js";
import type { Activation } from "./activation.js";

/** What an activation needs on the machine of its user. */
export type Required = "client" | "security-provider";

/** What was seen of the required software: what is missing, and what nobody could tell, with the reason. */
export interface SoftwareLook {
	missing: Required[];
	unknown: { what: Required; why: string }[];
}

export interface SoftwareSources {
	machine: Machine;
	profile: ClientProfile;
	surroundings: Pick<Surroundings, "programs">;
}

/**
 * Looks whether a user of this machine has what their activation needs: a client of either edition, and for CertifiO Desktop
 * Entrust's security provider, where this system lists its programs.
 */
export async function lookAtSoftware(
	{ machine, profile, surroundings }: SoftwareSources,
	user: LocalUser,
	product: Activation["product"],
): Promise<SoftwareLook> {
	const look: SoftwareLook = { missing: [], unknown: [] };
	const note = (what: Required, there: Known<boolean>) => {
		if (!there.known) look.unknown.push({ what, why: there.why });
		else if (!there.value) look.missing.push(what);
	};
	note("client", await hasClient(machine, profile, user));
	if (product === "desktop") note("security-provider", hasProvider(surroundings, profile));
	return look;
}

async function hasClient(machine: Machine, profile: ClientProfile, user: LocalUser): Promise<Known<boolean>> {
	const own = await machine.client.isInstalled(user, profile);
	if (own.known && own.value) return own;
	const regular = await machine.client.regular(user, profile);
	if (regular.known && regular.value !== null && regular.value.program !== null) return known(true);
	return own.known && !regular.known ? regular : own;
}

function hasProvider(surroundings: SoftwareSources["surroundings"], { windows }: ClientProfile): Known<boolean> {
	const { securityProvider: name } = windows;
	const programs = surroundings.programs();
	if (!programs.known) return programs;
	// A system that lists no programs has none of Windows'.
	if (programs.value === null || name === undefined) return known(true);
	return known(programs.value.some((one) => one.toLowerCase().startsWith(name.toLowerCase())));
}

/**
 * The software step is looked at: only what can't be determined here may be said by somebody.
 *
 * @param said somebody has seen it where the user works
 * @returns how it was found
 * @throws CfmError conflict `software-missing`; unavailable `software-unknown`, `users-unknown`
 */
export async function checkSoftware(
	sources: SoftwareSources,
	environment: Environment,
	{ account, product, said }: { account: Account; product: Activation["product"]; said: boolean },
): Promise<"seen" | "said"> {
	const { machine } = sources;
	const users = await machine.profiles.users();
	const local = users.known ? users.value : [await machine.profiles.currentUser()];
	const user = findLocalUser(local, account, environment);
	if (user === undefined && !users.known && !said) throw usersUnknown(machine, users.why);
	const nobody = {
		missing: [],
		unknown: [{ what: "client", why: t`${account.spelling} has no profile on ${machine.name}` }],
	} as SoftwareLook;
	const look = user === undefined ? nobody : await lookAtSoftware(sources, user, product);
	const [missing] = look.missing;
	if (missing !== undefined) throw softwareMissing(account, environment, look.missing);
	const [blind] = look.unknown;
	if (blind === undefined) return "seen";
	if (said) return "said";
	throw new CfmError(
		"unavailable",
		"software-unknown",
		t`Can't determine whether ${account.spelling} has the required software: ${blind.why}.`,
		{
			hints: [
				t`Run the command on the machine that the user works on.`,
				{ say: t`Or look there yourself, and say so:`, line: { again: { seen: true } } },
			],
			data: { user: account.spelling, unknown: look.unknown },
		},
	);
}

/** What is required, for people. */
export function nameOfRequired(what: Required): string {
	return what === "client" ? t`CertifiO Manager` : t`Entrust Entelligence Security Provider`;
}

function softwareMissing(account: Account, environment: Environment, missing: readonly Required[]): CfmError {
	const names = missing.map(nameOfRequired).join(", ");
	return new CfmError("conflict", "software-missing", t`${account.spelling} lacks required software: ${names}.`, {
		hints: [
			line("client list", [], { environment: environment.name }),
			t`Nothing was recorded. Install it, then run the command again.`,
		],
		data: { user: account.spelling, missing: [...missing] },
	});
}
