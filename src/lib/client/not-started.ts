import { dirname } from "node:path";
import type { Hint } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { NotStarted } from "./machine.js";
import { insteadOf, whatItIs } from "./not-a-program.js";

/** Why a program was not started, as a clause, and what to do. @param copy the file that was to be started */
export function whyNotStarted(outcome: NotStarted, copy: string): { why: string; hints: Hint[] } {
	switch (outcome.because) {
		case "not-a-program":
			return { why: whatItIs(outcome.kind), hints: insteadOf(outcome.kind) };
		case "gone":
			return {
				why: t`it was removed meanwhile, perhaps by a virus scanner`,
				hints: [t`Check the history of the virus scanner.`],
			};
		case "held":
			return {
				why: t`another program has it open (${outcome.why})`,
				hints: [t`A virus scanner or a backup may be reading it. Try again in a minute.`],
			};
		case "blocked":
			return {
				why: t`the system refused it: a policy (AppLocker, App Control) or a virus scanner may forbid it`,
				hints: [
					byPublisher(copy),
					t`Check the event log (AppLocker, CodeIntegrity) and the history of the virus scanner.`,
				],
			};
		case "denied":
			return {
				why: t`the system refused it (${outcome.why})`,
				hints: [
					t`It may need administrators' rights, or a policy may forbid to run programs from that folder.`,
					byPublisher(copy),
				],
			};
		default:
			return { why: outcome.why, hints: [] };
	}
}

/** Each run has a folder of its own, so that a rule about the path would have to allow all of them. */
function byPublisher(copy: string): string {
	return t`cfm runs a copy, each time in a new folder below ${dirname(dirname(copy))}: allow the installer by its publisher or its hash, not by its path.`;
}

/** The error when the installer was not started; what another program holds is busy, and may work the next time. */
export function installerNotStarted(outcome: NotStarted, installer: string, copy: string): CfmError {
	const { why, hints } = whyNotStarted(outcome, copy);
	const data = { installer, reason: outcome.because, why: outcome.why };
	if (outcome.because === "held") {
		return new CfmError("busy", "installer-in-use", t`The installer could not be started: ${why}.`, { hints, data });
	}
	return new CfmError("unavailable", "installer-not-started", t`The installer could not be started: ${why}.`, {
		hints,
		data,
	});
}
