import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { remedyIn } from "../finding/remedy.js";
import { plural, t } from "../text.js";

/** A tenth of a range, or ten: so few free IDs are soon given. */
export function isScarce(free: number, all: number): boolean {
	return free < Math.min(10, all / 10);
}

export const idsScarce: FindingKind<{ environment: string; free: number; all: number }> = {
	id: "CFM-ID-001",
	severity: "warning",
	title: () => t`Few IDs are left`,
	text: ({ environment, free }) =>
		plural(free, { one: `1 ID is free in ${environment}`, other: `${free} IDs are free in ${environment}` }),
	remedies: ({ environment }) => [
		remedyIn(environment, "ids list", [], { state: "quarantined" }),
		line("environments show", [environment]),
	],
	sample: { environment: "default", free: 3, all: 500 },
};

export const idKinds: readonly AnyKind[] = [idsScarce];
