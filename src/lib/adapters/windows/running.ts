import { basename } from "node:path/win32";
import type { LocalUser, RunningProcess } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { withoutMark } from "../processes/path.js";
import { windowsProcesses } from "./processes.js";

/** How long a look at all processes is believed, in milliseconds: hundreds of users are asked about one after another. */
const fresh = 1000;

/** A part of a path that may be a short name (`CERTIF~1.EXE`), by which a program can be started, too. */
const shortName = /~\d/;

/**
 * Tells whether a program runs by what Windows says of processes: the program's file, which is a user's, is not touched.
 *
 * @param list all processes of this machine
 */
export function runningPrograms(
	list: () => Promise<Known<readonly RunningProcess[]>> = windowsProcesses,
): (program: string, user: LocalUser) => Promise<Known<boolean>> {
	let seen: Promise<Known<readonly RunningProcess[]>> | undefined;
	let at = 0;
	return async (program, { account, sid }) => {
		if (seen === undefined || performance.now() - at > fresh) [seen, at] = [list(), performance.now()];
		const all = await seen;
		if (!all.known) return all;
		const plain = withoutMark(program).toLowerCase();
		if (all.value.some(({ image }) => image !== null && withoutMark(image).toLowerCase() === plain)) return known(true);
		// Their own process with no path that could be compared: Windows tells a path as it was given.
		const own = all.value.filter((one) => sid !== null && one.sid === sid);
		const isUnclear = own.some(({ image }) => image === null || isOtherSpelling(image, program));
		return isUnclear ? unknown(t`can't determine what ${account} runs`) : known(false);
	};
}

/** Whether a path with short names could be this one: they keep the first letters, and what is behind the last dot. */
function isOtherSpelling(image: string, program: string): boolean {
	const [one, other] = [basename(image).toLowerCase(), basename(program).toLowerCase()];
	return shortName.test(image) && (one === other || (shortName.test(one) && one[0] === other[0]));
}
