import { headed, toneOf } from "../../lib/cli/finding-view.js";
import { type Block, table } from "../../lib/cli/view.js";
import type { checksOf, Examination } from "../../lib/doctor/doctor.js";
import { probeBlind } from "../../lib/finding/probe.js";
import type { Check } from "../../lib/finding/run.js";
import type { Meaning } from "../../lib/finding/verdict.js";
import { findingKinds } from "../../lib/findings.js";
import { someOf, t } from "../../lib/text.js";

const meanings = new Map<string, Meaning>(findingKinds.map((kind) => [kind.id, kind]));

/** What one finding is about may be thousands of users, with a command for each. */
const mostRemedies = 10;

/** Each finding with its remedies, consequences indented below their cause, and what is suppressed. */
export function findingBlocks({ findings }: Pick<Examination, "findings">): Block[] {
	const depths = new Map<string | null, number>([[null, 0]]);
	const told = unknownOnce(refusalsOnce(findings.filter(({ suppressed }) => suppressed === null)));
	const blocks = told.flatMap(({ id, cause, state, severity, title, text, affected, remedies }): Block[] => {
		const depth = depths.get(cause) ?? 0;
		depths.set(id, depth + 1);
		const indent = "  ".repeat(depth);
		const kind = meanings.get(id) ?? "fine";
		return [
			{
				line: `${indent}${(state === "found" ? severity : state).padEnd(8)} ${id}  ${headed({ id, state, title })} ${text}${named(affected, text)}`,
				tone: state === "unknown" ? "caution" : toneOf(kind),
				hanging: indent.length + 9,
			},
			...remedies.slice(0, mostRemedies).map((remedy) => ({ line: { say: `${indent}        `, line: remedy } })),
			...(remedies.length > mostRemedies
				? [{ line: `${indent}        ${t`and ${remedies.length - mostRemedies} more; --json tells all`}` }]
				: []),
		];
	});
	const hidden = findings.flatMap(({ id, title, affected, suppressed }): Block[] =>
		suppressed === null
			? []
			: [
					{
						line: t`suppressed until ${suppressed.until.slice(0, 10)}: ${id}  ${title}${named(affected)} - ${suppressed.reason}`,
					},
				],
	);
	return [...blocks, ...hidden];
}

/** The last line: how it stands with the checks. */
export function countsBlock({ checks, counts }: Pick<Examination, "checks" | "counts">): Block {
	const hidden = counts.suppressed === 0 ? "" : ` ${t`Suppressed findings: ${counts.suppressed}.`}`;
	const isWell = counts.fine === checks.length - counts.skipped;
	return { line: `${countsOf(checks)}${hidden}`, tone: isWell ? "good" : "caution" };
}

/** Checks that could not look for one reason stand in one line: a refusal is said once. */
function refusalsOnce(findings: Examination["findings"]): Examination["findings"] {
	const whyOf = ({ id, evidence }: Examination["findings"][number]) =>
		id === probeBlind.id ? (evidence as { why: string }).why : undefined;
	const blind = Map.groupBy(findings, whyOf);
	return findings.flatMap((one) => {
		const why = whyOf(one);
		const alike = why === undefined ? [one] : (blind.get(why) ?? []);
		if (alike.length === 1 || why === undefined) return [one];
		if (alike[0] !== one) return [];
		const probes = alike.map(({ evidence }) => (evidence as { probe: string }).probe).join(", ");
		return [{ ...one, text: t`${probes}: ${why}` }];
	});
}

/** What can't be determined for one reason, of the same users and things, stands in one line, too. */
function unknownOnce(findings: Examination["findings"]): Examination["findings"] {
	const isUnclear = ({ id, state }: Examination["findings"][number]) => state === "unknown" && id !== probeBlind.id;
	const groups = Map.groupBy(findings.filter(isUnclear), ({ text, affected, cause }) =>
		JSON.stringify([text, affected, cause]),
	);
	const others = new Set([...groups.values()].flatMap(([, ...more]) => more));
	const firsts = new Map([...groups.values()].map(([first, ...more]) => [first, more.map(({ id }) => id)]));
	return findings.flatMap((one) => {
		if (others.has(one)) return [];
		const ids = firsts.get(one) ?? [];
		return ids.length === 0 ? [one] : [{ ...one, text: t`${one.text}; the same for ${someOf(ids)}` }];
	});
}

/** What is looked for. */
export function checksTable(checks: ReturnType<typeof checksOf>): Block {
	return table(
		[
			{ head: "ID", value: ({ id }) => id, whole: true },
			{ head: t`SEVERITY`, value: ({ severity }) => severity },
			{ head: t`GROUP`, value: ({ group }) => group, optional: true },
			{ head: t`PROBE`, value: ({ probe }) => probe, optional: true },
			{ head: t`FINDING`, value: ({ title }) => title, folds: true },
		],
		checks,
		t`There are no checks.`,
	);
}

function countsOf(checks: readonly Check[]): string {
	const number = (wanted: Check["state"]) => checks.filter(({ state }) => state === wanted).length;
	return t`Checks: fine: ${number("fine")}, found: ${number("found")}, unknown: ${number("unknown")}, crashed: ${number("crashed")}, skipped: ${number("skipped")}.`;
}

/** How a group ended, while others are still looked at: only what there is. */
export function groupLine(group: string, checks: readonly Check[]): string {
	const words: Readonly<Record<Check["state"], (number: number) => string>> = {
		fine: (number) => t`fine: ${number}`,
		found: (number) => t`found: ${number}`,
		unknown: (number) => t`unknown: ${number}`,
		crashed: (number) => t`crashed: ${number}`,
		skipped: (number) => t`skipped: ${number}`,
	};
	const told = (Object.keys(words) as Check["state"][]).flatMap((state) => {
		const number = checks.filter((check) => check.state === state).length;
		return number === 0 ? [] : [words[state](number)];
	});
	return `${group.padEnd(16)}${told.join(", ")}\n`;
}

/** @param text what was said before: servers that it names are not named again, with their ports */
function named({ users, hosts, sites, ports }: Examination["findings"][number]["affected"], text = ""): string {
	const isSaid = hosts.length > 0 && hosts.slice(0, 10).every((host) => text.includes(host));
	const all = [...users, ...sites, ...(isSaid ? [] : [...hosts, ...ports.map(String)])];
	// Of thousands the JSON tells all.
	return all.length === 0 ? "" : ` (${someOf(all)})`;
}
