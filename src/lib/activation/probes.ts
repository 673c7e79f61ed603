import { registered } from "../account/whose.js";
import { dayLength, daysUntil } from "../calendar/day.js";
import type { LocalUser, Machine } from "../client/machine.js";
import type { ClientProfile } from "../client/profile.js";
import { findLocalUser } from "../client/this-user.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { couldNotTell, found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { Surroundings } from "../surroundings/surroundings.js";
import { type Activation, isOpen } from "./activation.js";
import { dueDays, isDue } from "./due.js";
import { codesDue, codesExpired, codesUncertain, noAttemptLeft, softwareLacking, subscriptionDue } from "./findings.js";
import { lookAtSoftware } from "./software.js";
import { tellActivation } from "./told.js";

export interface ActivationSources {
	environment: Environment;
	/** Open ones and those with a subscription, of those who are asked about. */
	activations: readonly Activation[];
	machine: Machine;
	profile: ClientProfile;
	surroundings: Surroundings;
	/** Those of this machine who are asked about. */
	users: readonly LocalUser[];
	now: () => Date;
}

const kindOf = { valid: codesDue, "may-have-expired": codesUncertain, expired: codesExpired } as const;

const clocks: Probe<ActivationSources, "activations" | "now"> = {
	name: "activations",
	group: "activation",
	kinds: [codesDue, codesUncertain, codesExpired, noAttemptLeft, subscriptionDue],
	needs: ["activations", "now"],
	aboutUsers: true,
	async *look({ activations, now }) {
		const at = now();
		for (const row of activations) {
			const { locked, state, daysLeft, hoursLeft } = tellActivation(row, at);
			const { environment, user, number, zone, subscriptionUntil, subscriptionEnd } = row;
			if (locked) yield found(noAttemptLeft, { environment, user, number, attempts: row.attempts });
			else if (isDue(row, at)) {
				const { safeUntil, latestEnd } = row;
				const of = state as keyof typeof kindOf;
				const left = { daysLeft: daysLeft ?? 0, hoursLeft: hoursLeft ?? 0 };
				yield found(kindOf[of], { environment, user, number, state: of, safeUntil, latestEnd, zone, ...left });
			}
			const ends = subscriptionEnd === null ? Number.POSITIVE_INFINITY : Date.parse(subscriptionEnd);
			if (subscriptionUntil !== null && subscriptionEnd !== null && ends <= at.getTime() + dueDays * dayLength) {
				const left = daysUntil(subscriptionEnd, at);
				yield found(subscriptionDue, { environment, user, number, until: subscriptionUntil, zone, daysLeft: left });
			}
		}
	},
};

/** Whoever has no profile here works elsewhere: cfm looks at this machine only. */
const software: Probe<
	ActivationSources,
	"activations" | "environment" | "machine" | "profile" | "surroundings" | "users"
> = {
	name: "activation-software",
	group: "activation",
	kinds: [softwareLacking],
	needs: ["activations", "environment", "machine", "profile", "surroundings", "users"],
	aboutUsers: true,
	async *look({ activations, environment, machine, profile, surroundings, users }) {
		for (const row of activations.filter(isOpen)) {
			const about = { environment: environment.name, user: row.user, missing: [] };
			const local = localUser(users, row, environment);
			if (typeof local === "string") yield couldNotTell(softwareLacking, about, local);
			if (typeof local !== "object") continue;
			const { missing, unknown } = await lookAtSoftware({ machine, profile, surroundings }, local, row.product);
			if (missing.length > 0) yield found(softwareLacking, { ...about, missing });
			else if (unknown[0] !== undefined) yield couldNotTell(softwareLacking, about, unknown[0].why);
		}
	},
};

/** The user of this machine; undefined: none of them; a text: why it can't be determined. */
function localUser(
	users: readonly LocalUser[],
	row: Activation,
	environment: Environment,
): LocalUser | string | undefined {
	try {
		return findLocalUser(users, registered(row), environment);
	} catch (error) {
		if (error instanceof CfmError) return error.message;
		throw error;
	}
}

export const activationProbes = [clocks, software];
