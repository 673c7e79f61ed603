import { type CommandLine, line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import type { Verdicts } from "../finding/verdict.js";
import { t } from "../text.js";
import { isOnServer } from "./location.js";

/** Something that is wrong with the stored data, as the store that looked says it. */
interface ProblemFacts {
	registry: string;
	message: string;
}

/** Keep what is there, and go back to a copy that is whole. */
export const goingBack: readonly CommandLine[] = [
	line("registry backup", [{ fill: "FILE" }]),
	line("registry restore", [{ fill: "BACKUP" }]),
];

/** A server's functions and rights are put in place again; nothing of a file is. */
export const puttingInPlace = (registry: string): readonly CommandLine[] =>
	isOnServer(registry) ? [line("registry migrate")] : [];

/** All of them are mended alike. @param first what is worth a try before */
const problem = (
	id: string,
	title: () => string,
	message: string,
	dependsOn: readonly string[] = [],
	first: (facts: ProblemFacts) => readonly CommandLine[] = () => [],
): FindingKind<ProblemFacts> => ({
	id,
	severity: "error",
	title,
	text: (facts) => facts.message.replace(/\.$/, ""),
	remedies: (facts) => [...first(facts), ...goingBack],
	dependsOn,
	sample: { registry: "/var/lib/cfm/registry.db", message },
});

/** In a damaged file anything may be anything. */
const damage = ["CFM-REG-001"];

/** What `registry check` finds. */
export const registryProblems = {
	"damaged-file": problem("CFM-REG-001", () => t`The registry's file is damaged`, "Page 7: never used"),
	orphans: problem(
		"CFM-REG-002",
		() => t`Rows of the registry have no environment`,
		"Rows without their environment.",
		damage,
	),
	"schema-changed": problem(
		"CFM-REG-003",
		() => t`The registry's tables are not as cfm created them`,
		"gaps is not as cfm made it.",
		damage,
		({ registry }) => puttingInPlace(registry),
	),
	"ids-do-not-add-up": problem(
		"CFM-REG-004",
		() => t`IDs are both free and taken, or neither`,
		"Environment default: ID 7 is both free and taken.",
		damage,
	),
	"event-log-changed": problem(
		"CFM-REG-005",
		() => t`The event log was changed or cut`,
		"Events 3 to 4 are missing from the log.",
		damage,
	),
	"changed-behind-the-log": problem(
		"CFM-REG-006",
		() => t`The registry was changed without cfm`,
		"ID 7 of default is not what the event log says.",
		damage,
	),
	"answer-changed": problem(
		"CFM-REG-008",
		() => t`The stored answer of a request was changed`,
		"The stored answer of the request ticket-17 was changed.",
		damage,
	),
	"changes-lost": problem(
		"CFM-REG-009",
		() => t`The last changes of the registry are lost`,
		"The last changes of /var/lib/cfm/registry.db are lost.",
	),
} satisfies Verdicts<string, ProblemFacts>;

export type RegistryProblemCode = keyof typeof registryProblems;

export const noRegistry: FindingKind<{ registry: string }> = {
	id: "CFM-REG-007",
	severity: "error",
	title: () => t`There is no registry`,
	text: ({ registry }) => t`there is no registry at ${registry}`,
	remedies: () => [line("init")],
	sample: { registry: "/var/lib/cfm/registry.db" },
};

export const registryOnShare: FindingKind<{ registry: string; message: string }> = {
	id: "CFM-REG-010",
	severity: "error",
	title: () => t`The registry's file is on a network share`,
	text: ({ message }) => message.replace(/\.$/, ""),
	sample: { registry: "\\\\files\\cfm\\registry.db", message: "\\\\files\\cfm is on a network share." },
};

export const backupOld: FindingKind<{ registry: string; last: string | null; days: number }> = {
	id: "CFM-REG-011",
	severity: "warning",
	title: () => t`The registry's last backup is old`,
	text: ({ last, days }) =>
		last === null
			? t`cfm has never backed it up, and it was first changed ${days} days ago`
			: t`the last backup is ${days} days old (${last.slice(0, 10)})`,
	remedies: () => [line("registry backup")],
	sample: { registry: "/var/lib/cfm/registry.db", last: "2026-01-03T08:00:00.000Z", days: 40 },
};

export const registryKinds: readonly AnyKind[] = [
	...Object.values(registryProblems),
	noRegistry,
	registryOnShare,
	backupOld,
];
