import { CfmError } from "../../errors.js";
import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";

/** What a scheduler said instead of doing it. */
export function schedulerFailed(why: string): CfmError {
	return new CfmError("unavailable", "scheduler-failed", t`The scheduler did not take it: ${why.slice(0, 500)}`);
}

/** Why its files could not be written; what is no error of the system is thrown on. */
export function schedulerDenied(error: unknown): CfmError {
	if (error instanceof CfmError) return error;
	if (codeOf(error) === "") throw error;
	if (refusalOf(error) !== "denied") return schedulerFailed((error as Error).message);
	return notAdministrator();
}

export function notAdministrator(): CfmError {
	const message = t`Only an administrator can have this machine run something by itself.`;
	return new CfmError("denied", "scheduler-denied", message, { hints: [t`Run it as root, or in an elevated window.`] });
}
