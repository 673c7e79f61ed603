import type { AnyKind, FindingKind } from "../finding/finding.js";
import { remedyIn } from "../finding/remedy.js";
import { plural, t } from "../text.js";
import { nameOfRequired, type Required } from "./software.js";
import { inItsZone, timeLeft } from "./told.js";

/** What is known of codes that run out. */
interface CodesFacts {
	environment: string;
	user: string;
	number: number;
	state: "valid" | "may-have-expired" | "expired";
	safeUntil: string;
	latestEnd: string;
	zone: string;
	daysLeft: number;
	hoursLeft: number;
}

const sample: CodesFacts = {
	...{ environment: "default", user: "CORP\\ana", number: 1, state: "valid", zone: "America/Toronto" },
	...{ safeUntil: "2026-01-16T05:00:00.000Z", latestEnd: "2026-01-17T05:00:00.000Z", daysLeft: 2, hoursLeft: 60 },
};

const affected = ({ user }: { user: string }) => ({ users: [user] });

const see = ({ environment, user }: { environment: string; user: string }) =>
	remedyIn(environment, "activations show", [user]);

const renew = ({ environment, user }: { environment: string; user: string }) =>
	remedyIn(environment, "activations renew", [user], { mailed: { fill: "2026-01-15" } });

export const codesDue: FindingKind<CodesFacts> = {
	id: "CFM-ACT-001",
	severity: "warning",
	title: () => t`Activation codes run out soon`,
	text: (facts) =>
		t`the codes can be used for certain until ${inItsZone(facts.safeUntil, facts)}: ${timeLeft(facts)} left`,
	affected,
	remedies: (facts) => [see(facts), remedyIn(facts.environment, "activations letter", [facts.user])],
	sample,
};

export const codesUncertain: FindingKind<CodesFacts> = {
	id: "CFM-ACT-002",
	severity: "warning",
	title: () => t`Activation codes may have expired`,
	text: (facts) =>
		t`the codes could be used for certain until ${inItsZone(facts.safeUntil, facts)}, and expire by ${inItsZone(facts.latestEnd, facts)}`,
	affected,
	remedies: (facts) => [see(facts), renew(facts)],
	sample: { ...sample, state: "may-have-expired", daysLeft: -1, hoursLeft: -2 },
};

export const codesExpired: FindingKind<CodesFacts> = {
	id: "CFM-ACT-003",
	severity: "error",
	title: () => t`Activation codes have expired`,
	text: (facts) => t`the codes expired by ${inItsZone(facts.latestEnd, facts)}; they must be renewed`,
	affected,
	remedies: (facts) => [see(facts), renew(facts)],
	sample: { ...sample, state: "expired", daysLeft: -3, hoursLeft: -60 },
};

export const noAttemptLeft: FindingKind<{ environment: string; user: string; number: number; attempts: number }> = {
	id: "CFM-ACT-004",
	severity: "error",
	title: () => t`An identity can't be confirmed any more`,
	text: ({ attempts }) =>
		plural(attempts, {
			one: "1 attempt failed, and no more are allowed: the user must apply again",
			other: `${attempts} attempts failed, and no more are allowed: the user must apply again`,
		}),
	affected,
	remedies: (facts) => [
		see(facts),
		remedyIn(facts.environment, "activations add", [facts.user], { approved: { fill: "2026-01-15" } }),
	],
	sample: { environment: "default", user: "CORP\\ana", number: 1, attempts: 5 },
};

export const softwareLacking: FindingKind<{ environment: string; user: string; missing: readonly Required[] }> = {
	id: "CFM-ACT-005",
	severity: "warning",
	title: () => t`Software that an activation needs is missing`,
	text: ({ missing }) => t`missing on this machine: ${missing.map(nameOfRequired).join(", ")}`,
	affected,
	remedies: (facts) => [see(facts), remedyIn(facts.environment, "client list")],
	dependsOn: ["CFM-CLIENT-001"],
	sample: { environment: "default", user: "CORP\\ana", missing: ["security-provider"] },
};

export const subscriptionDue: FindingKind<{
	environment: string;
	user: string;
	number: number;
	until: string;
	zone: string;
	daysLeft: number;
}> = {
	id: "CFM-ACT-006",
	severity: "warning",
	title: () => t`A subscription ends soon, or has ended`,
	text: ({ until, zone, daysLeft }) =>
		daysLeft < 0
			? t`the subscription ended with ${until} (${zone})`
			: t`the last day of the subscription is ${until} (${zone})`,
	affected,
	remedies: (facts) => [
		see(facts),
		remedyIn(facts.environment, "activations complete", [facts.user], { subscription: { fill: "2027-01-15" } }),
	],
	sample: {
		...{ environment: "default", user: "CORP\\ana", number: 1 },
		...{ until: "2026-01-17", zone: "America/Toronto", daysLeft: 2 },
	},
};

export const activationKinds: readonly AnyKind[] = [
	codesDue,
	codesUncertain,
	codesExpired,
	noAttemptLeft,
	softwareLacking,
	subscriptionDue,
];
