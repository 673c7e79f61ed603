import type { CommandLine } from "../command-line.js";
import type { Remedy } from "./remedy.js";

/** How bad it is: somebody cannot work, somebody soon may not, or it is worth knowing. */
export type Severity = "error" | "warning" | "notice";

/** Who and what a finding is about; a dimension that is left out has no part in it. */
export interface Affected {
	users?: readonly string[];
	hosts?: readonly string[];
	sites?: readonly string[];
	ports?: readonly number[];
}

/**
 * One thing that can be wrong, declared where it is judged. All that is said of it is said here, once; a room's table of
 * verdicts, a command's exit code, `doctor` and the docs are made from it.
 *
 * Texts are functions: what is never told is never made, and it is told in the reader's language.
 *
 * @template D what is known of a case
 * @template S what is known of the sample
 */
export interface FindingKind<in D, out S = D> {
	/** `CFM-<ROOM>-<NNN>`, for ever: scripts and pages go by it. */
	id: string;
	severity: Severity;
	/** The thing in general: no name, no number, no full stop. */
	title: () => string;
	/** This one: a clause that can stand behind the title or inside a sentence; no full stop. */
	text: (data: D) => string;
	affected?: (data: D) => Affected;
	/** What mends it, the best first. */
	remedies?: (data: D) => Remedy[];
	/** Facts for a script; without it, `data` as it is. */
	evidence?: (data: D) => object;
	/** Kinds that, when they are found of the same user, host, port or site, are why this one is: it is told below them. */
	dependsOn?: readonly string[];
	/** Whom and what its causes are about, where that is not whom it affects; null for a case that comes of nothing else. */
	comesOf?: (data: D) => Affected | null;
	/** Data of an ordinary case, for tests and for the page about it. */
	sample: S;
}

/** A kind when it does not matter which. */
export type AnyKind = FindingKind<never, unknown>;

/**
 * One thing that was found, or could not be: `unknown` says why nobody could tell, and is never the same as fine.
 * `crashed` is a probe's own end. `skipped`: the question makes no sense here; only the check tells of it.
 */
export interface Finding {
	kind: AnyKind;
	state: "found" | "unknown" | "crashed" | "skipped";
	/** What the kind tells of. */
	data: unknown;
	/** Why nobody could tell; null for what was found. */
	why: string | null;
}

export function found<D>(kind: FindingKind<D, unknown>, data: D): Finding {
	return { kind, state: "found", data, why: null };
}

/** It can't be determined whether there is such a thing. */
export function couldNotTell<D>(kind: FindingKind<D, unknown>, data: D, why: string): Finding {
	return { kind, state: "unknown", data, why };
}

/** There is nothing here to look at: another system, or nothing that was configured. Never counted as fine. */
export function notHere(kind: AnyKind, why: string): Finding {
	return { kind, state: "skipped", data: kind.sample, why };
}

/** Whom and what a finding is about. */
export function affectedBy({ kind, data }: Finding): Affected {
	return kind.affected?.(data as never) ?? {};
}

/** What was found, as a clause; of what can't be determined, why. */
export function textOf({ kind, data, why }: Finding): string {
	return why ?? kind.text(data as never);
}

/** A finding as every command shows it. */
export interface ToldFinding {
	id: string;
	severity: Severity;
	state: Exclude<Finding["state"], "skipped">;
	title: string;
	text: string;
	affected: { users: string[]; hosts: string[]; sites: string[]; ports: number[] };
	evidence: object;
	remedies: (CommandLine & { fix: boolean })[];
	/** The ID of the finding that this one comes of. */
	cause: string | null;
}

export function tell(finding: Finding, cause: string | null = null): ToldFinding {
	const { kind, state } = finding;
	// Whoever made the finding gave the kind's own data.
	const data = finding.data as never;
	const { users = [], hosts = [], sites = [], ports = [] } = affectedBy(finding);
	return {
		id: kind.id,
		severity: kind.severity,
		state: state === "skipped" ? "unknown" : state,
		title: kind.title(),
		text: textOf(finding),
		affected: { users: [...users], hosts: [...hosts], sites: [...sites], ports: [...ports] },
		evidence: kind.evidence?.(data) ?? data,
		remedies: (state === "found" ? (kind.remedies?.(data) ?? []) : []).map((one) => ({
			...one,
			fix: one.fix === true,
		})),
		cause,
	};
}
