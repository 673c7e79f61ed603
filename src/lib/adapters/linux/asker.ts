import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import type { Asker } from "../../operator/asker.js";
import { ask } from "../processes/start.js";

/** How long a directory service may take, in milliseconds. */
const patience = 10_000;

/** Where this system says of groups what it knows; tests hand in their own. */
export interface GroupSources {
	file: string;
	getent: string;
	/** The numbers of the groups that this process belongs to. */
	own: readonly number[];
}

/**
 * Who runs `cfm`, by the numbers that the kernel has of this process. Groups are those it was started with: whoever was put
 * into one has to log on again.
 */
export function linuxAsker({
	file = "/etc/group",
	getent = "/usr/bin/getent",
	own = process.getgroups?.() ?? [],
}: Partial<GroupSources> = {}): Asker {
	const uid = process.geteuid?.() ?? -1;
	return {
		account: nameOf(uid),
		sid: null,
		administers: uid === 0,
		async memberOf(groups) {
			const numbers = await Promise.all(groups.map(({ name }) => numberOf(name, { file, getent })));
			return groups.filter((_, at) => own.includes(numbers[at] ?? -1));
		},
	};
}

/** A process may run as a number that nobody has. */
function nameOf(uid: number): string {
	try {
		return userInfo().username;
	} catch {
		return `uid ${uid}`;
	}
}

/** The number of a group; undefined where nobody here knows it. A directory is asked only for what the file has not. */
async function numberOf(
	name: string,
	{ file, getent }: Pick<GroupSources, "file" | "getent">,
): Promise<number | undefined> {
	const found = numberIn(lines(file), name);
	// A number would be read as that of a group.
	if (found !== undefined || /^\d*$/.test(name)) return found;
	const { exitCode, output } = await ask(getent, ["group", "--", name], { timeout: patience });
	return exitCode === 0 ? numberIn(output.split("\n"), name) : undefined;
}

function numberIn(rows: readonly string[], name: string): number | undefined {
	const row = rows.map((line) => line.split(":")).find(([called]) => called === name);
	return row === undefined ? undefined : Number(row[2]);
}

function lines(file: string): string[] {
	try {
		return readFileSync(file, "utf8").split("\n");
	} catch {
		return [];
	}
}
