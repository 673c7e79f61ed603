import { fstatSync, lstatSync, realpathSync } from "node:fs";
import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { Unfit } from "./unfit.js";

/**
 * Refuses, on Windows, a path below a real one that leads elsewhere. `lstat` calls a junction to a volume (`\\?\Volume{…}`) a
 * folder, and shows what is behind it. A short name (`LOCALS~1`) is refused as well: nobody who lists a folder is given it.
 *
 * @throws Unfit denied
 */
export function refuseLedAway(path: string, real = realpathSync.native(path)): void {
	if (real.toLowerCase() !== path.toLowerCase()) throw linked(path);
}

/** @throws Unfit denied for a link to a file, or below a folder that has become one */
export function refuseLink(path: string): void {
	if (lstatSync(path).isSymbolicLink()) throw linked(path);
	refuseLedAway(path);
}

/** Refuses a file that was opened, unless it is the one that the path, through no link, means. @throws Unfit denied */
export function refuseOther(path: string, handle: number): void {
	refuseLink(path);
	const [opened, named] = [fstatSync(handle, { bigint: true }), lstatSync(path, { bigint: true })];
	if (opened.ino !== named.ino || opened.dev !== named.dev) throw linked(path);
}

export function linked(path: string): Unfit {
	return new Unfit("denied", t`${path} is a link; links inside a profile are not followed.`);
}

/** What the system said of a path, for the answer about the user; what it did not say is thrown on. */
export function denied(path: string, error: unknown): unknown {
	const [refusal, cause] = [refusalOf(error), { cause: error }];
	if (refusal === undefined) return error;
	if (refusal === "denied") return new Unfit("denied", t`${path} cannot be read (${codeOf(error)}).`, cause);
	if (refusal === "held") return new Unfit("running", t`${path} is in use by another program.`, cause);
	return new Unfit("unreachable", t`${path} cannot be reached (${codeOf(error)}).`, cause);
}
