import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import type { Verdicts } from "../finding/verdict.js";
import { t } from "../text.js";

/** Something that is wrong with the stored data, as the store that looked says it. */
interface ProblemFacts {
	registry: string;
	message: string;
}

/** All of them are mended alike: keep what is there, and go back to a copy that is whole. */
const problem = (
	id: string,
	title: () => string,
	message: string,
	dependsOn: readonly string[] = [],
): FindingKind<ProblemFacts> => ({
	id,
	severity: "error",
	title,
	text: (facts) => facts.message.replace(/\.$/, ""),
	remedies: () => [line("registry backup", [{ fill: "FILE" }]), line("registry restore", [{ fill: "BACKUP" }])],
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

export const registryKinds: readonly AnyKind[] = [...Object.values(registryProblems), noRegistry];
