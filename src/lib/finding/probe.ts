import { t } from "../text.js";
import type { AnyKind, Finding, FindingKind } from "./finding.js";

/**
 * Looks for findings of some kinds, and changes nothing.
 *
 * @template C everything that a probe can need, by name
 * @template N what this one needs
 */
export interface Probe<C, N extends keyof C = keyof C> {
	/** What it looks at: `ports`. */
	name: string;
	/** Under which heading of `doctor` it stands. */
	group: string;
	/** All that it can find; a kind belongs to one probe. */
	kinds: readonly AnyKind[];
	needs: readonly N[];
	/** What it finds is about single users: `users show` and `users list` ask it, too. */
	aboutUsers?: true;
	/** Codes of errors that say that there is nothing here to look at: its checks are then skipped, not unknown. */
	nothing?: readonly string[];
	/** Seconds; without it, the runner's. */
	limit?: number;
	/**
	 * Yields what it finds, one by one. It stops when it can once the signal is given: nobody listens any more.
	 *
	 * @throws CfmError when it cannot look: its kinds are then `unknown`, with the error's message as the reason
	 */
	look(given: { [K in N]: C[K] }, signal: AbortSignal): AsyncIterable<Finding>;
}

/** How a probe ended that did not come to its end. */
interface BrokenProbe {
	probe: string;
	how: "crashed" | "timed-out" | "flooded" | "could-not-look";
	/** In words. */
	why: string;
	/** The IDs that nobody looked for to the end. */
	ids: readonly string[];
}

const sample: BrokenProbe = { probe: "ports", how: "timed-out", why: "no end within 10 s", ids: ["CFM-PORT-001"] };

/** A probe broke. What it would have found is not known; what it had found by then is told. */
export const probeCrashed: FindingKind<BrokenProbe> = {
	id: "CFM-CHECK-001",
	severity: "error",
	title: () => t`A check did not finish`,
	text: ({ probe, why }) => t`${probe}: ${why}`,
	sample,
};

/** A probe could not look at all: a right or a source was missing. */
export const probeBlind: FindingKind<BrokenProbe> = {
	id: "CFM-CHECK-002",
	severity: "warning",
	title: () => t`A check could not look`,
	text: ({ probe, why }) => t`${probe}: ${why}`,
	dependsOn: ["CFM-REG-007", "CFM-MACHINE-012"],
	sample: { ...sample, how: "could-not-look", why: "CORP\\ana may not read the registry" },
};

export const probeKinds: readonly AnyKind[] = [probeCrashed, probeBlind];
