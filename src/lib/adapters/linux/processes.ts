import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { RunningProcess } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import type { FamilyFinder } from "../processes/family.js";
import { Owners } from "./owners.js";

/** Handed on from a program that `cfm` starts to all that it starts, whatever becomes of it. */
const mark = "CFM_STARTED";

/** All processes of this machine; a kernel's own and those of other accounts have no image that may be seen. */
export async function linuxProcesses(proc = "/proc"): Promise<Known<RunningProcess[]>> {
	try {
		const owners = new Owners(proc, "/dev/null");
		return known(pids(proc).flatMap((pid) => tell(proc, pid, owners) ?? []));
	} catch (error) {
		return unknown(String(error));
	}
}

/** Finds the family by a variable of its environment, and by its group: not all hand on their variables. */
export function linuxFamily(proc = "/proc"): FamilyFinder {
	// Loaded when a program is started: a command that only looks starts faster without it.
	const value = process.getBuiltinModule("node:crypto").randomBytes(12).toString("hex");
	return {
		variables: { [mark]: value },
		watch: (first) => ({
			async members() {
				const all = await linuxProcesses(proc);
				if (!all.known) return all;
				return known(
					all.value.filter(({ pid }) => {
						const group = Number(fields(textOf(`${proc}/${pid}/stat`))[4]);
						return group === first || (textOf(`${proc}/${pid}/environ`) ?? "").includes(`${mark}=${value}\0`);
					}),
				);
			},
			stop: () => {},
		}),
	};
}

function pids(proc: string): number[] {
	return readdirSync(proc)
		.filter((name) => /^\d+$/.test(name))
		.map(Number);
}

function tell(proc: string, pid: number, owners: Owners): RunningProcess | undefined {
	const stat = fields(textOf(`${proc}/${pid}/stat`));
	// A zombie has ended, and waits to be asked how.
	if (stat.length === 0 || stat[2] === "Z") return undefined;
	const { since, sid } = owners.of(pid, -1);
	return { pid, parent: Number(stat[3]), image: imageOf(proc, pid), since, sid };
}

/** The words of proc(5)'s stat, from the first on; the name, which may hold anything, is one. */
function fields(stat: string | undefined): string[] {
	if (stat === undefined) return [];
	const end = stat.lastIndexOf(")");
	return [stat.slice(0, stat.indexOf(" ")), stat.slice(stat.indexOf("(") + 1, end), ...stat.slice(end + 2).split(" ")];
}

function imageOf(proc: string, pid: number): string | null {
	try {
		return readlinkSync(`${proc}/${pid}/exe`).replace(/ \(deleted\)$/, "");
	} catch {
		return null;
	}
}

function textOf(file: string): string | undefined {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
}
