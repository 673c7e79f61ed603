import { readdirSync, readlinkSync, statSync } from "node:fs";
import type { LocalUser } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";

/** How long a look at all processes is believed, in seconds: hundreds of users are asked about one after another. */
const fresh = 1;

interface Seen {
	/** Real paths of what runs. A program that was replaced meanwhile has another name. */
	images: ReadonlySet<string>;
	/** Accounts of processes whose program may not be seen. */
	hidden: ReadonlySet<number>;
}

/**
 * Tells whether a program runs by what the kernel says of processes: the program's file, which is a user's, is not touched.
 *
 * @param proc proc(5)
 */
export function runningPrograms(proc = "/proc"): (program: string, user: LocalUser) => Known<boolean> {
	let seen: Seen | undefined;
	let at = 0;
	return (program, { account, sid }) => {
		try {
			if (seen === undefined || process.uptime() - at > fresh) [seen, at] = [look(proc), process.uptime()];
		} catch (error) {
			return unknown(String(error));
		}
		if (seen.images.has(program)) return known(true);
		// What root may not see of root has more rights than this process, as the first one of a container: no client has.
		if (sid !== null && sid !== "0" && seen.hidden.has(Number(sid)))
			return unknown(t`can't determine what ${account} runs`);
		return known(false);
	};
}

function look(proc: string): Seen {
	const images = new Set<string>();
	const hidden = new Set<number>();
	for (const pid of readdirSync(proc)) {
		if (!/^\d+$/.test(pid)) continue;
		try {
			images.add(readlinkSync(`${proc}/${pid}/exe`));
		} catch (error) {
			// The kernel's own have none, and some have ended meanwhile.
			if (codeOf(error) === "ENOENT" || codeOf(error) === "ESRCH") continue;
			const process = statSync(`${proc}/${pid}`, { throwIfNoEntry: false });
			if (process !== undefined) hidden.add(process.uid);
		}
	}
	return { images, hidden };
}
