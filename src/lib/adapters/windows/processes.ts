import type { RunningProcess } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import type { FamilyFinder } from "../processes/family.js";
import { loadWindows, type Pointer, type Windows } from "./native.js";
import { lookAtProcess } from "./owners.js";
import { enablePrivilege } from "./token.js";

/** PROCESSENTRY32W on 64-bit Windows: size, use, process, heap, module, threads, parent, priority, flags, name. */
const entry = { size: 568, pid: 8, parent: 32 } as const;
const allProcesses = 2; // TH32CS_SNAPPROCESS
const invalidHandle = 0xffff_ffff_ffff_ffffn; // INVALID_HANDLE_VALUE

interface Pair {
	pid: number;
	/** Who started it; the number stays when that one has ended. */
	parent: number;
}

function snapshot(windows: Windows): Pair[] {
	const take = windows.bind("kernel32", "void * __stdcall CreateToolhelp32Snapshot(uint32 flags, uint32 process)");
	const first = windows.bind("kernel32", "int __stdcall Process32FirstW(void *snapshot, void *entry)");
	const next = windows.bind("kernel32", "int __stdcall Process32NextW(void *snapshot, void *entry)");
	const close = windows.bind("kernel32", "int __stdcall CloseHandle(void *handle)");
	const handle: Pointer = take(allProcesses, 0);
	if (handle === null || handle === invalidHandle) throw new Error("CreateToolhelp32Snapshot");
	try {
		const buffer = Buffer.alloc(entry.size);
		buffer.writeUInt32LE(entry.size);
		const pairs: Pair[] = [];
		for (let more: number = first(handle, buffer); more !== 0; more = next(handle, buffer)) {
			pairs.push({ pid: buffer.readUInt32LE(entry.pid), parent: buffer.readUInt32LE(entry.parent) });
		}
		return pairs;
	} finally {
		close(handle);
	}
}

/**
 * All processes of this machine; an image and an owner only of those that this account may ask: an administrator's is let
 * into those of other accounts by a right that must be switched on.
 */
export async function windowsProcesses(): Promise<Known<RunningProcess[]>> {
	return attempt(async () => {
		const windows = await loadWindows();
		enablePrivilege(windows, "SeDebugPrivilege");
		return snapshot(windows).map(({ pid, parent }) => ({ pid, parent, ...lookAtProcess(windows, pid) }));
	});
}

/** How often is looked who was started, in milliseconds: whose starter has ended is found only by what was seen before. */
const interval = 250;

/**
 * Finds the family by who started whom. A number is used again: what was started before the family began, or by a
 * process that began later than it did, is not of it.
 */
export function windowsFamily(): FamilyFinder {
	return {
		variables: {},
		watch(root) {
			const family = new Map<number, string | null>();
			const begun = new Date().toISOString();
			const look = async (): Promise<Known<RunningProcess[]>> => {
				const all = await windowsProcesses();
				return all.known ? known(membersOf(all.value, root, family, begun)) : all;
			};
			const timer = setInterval(() => void look(), interval);
			timer.unref();
			return { members: look, stop: () => clearInterval(timer) };
		},
	};
}

/**
 * Those of a list that belong to a family, told by who started them.
 *
 * @param seen those that were seen of it, with their starts; what is found now is added
 * @param begun when it began, ISO 8601: whatever is older is somebody else's
 */
function membersOf(
	all: readonly RunningProcess[],
	root: number,
	seen: Map<number, string | null>,
	begun: string,
): RunningProcess[] {
	// Clocks of processes tick more coarsely than ours.
	const earliest = new Date(Date.parse(begun) - 1000).toISOString();
	const isNewer = ({ since }: RunningProcess) => since === null || since >= earliest;
	const members = new Set<RunningProcess>();
	for (let found = true; found; ) {
		found = false;
		for (const one of all) {
			const isRoot = one.pid === root || (seen.has(one.pid) && seen.get(one.pid) === one.since);
			const isChild = one.parent === root || seen.has(one.parent);
			if (members.has(one) || !isNewer(one) || !(isRoot || isChild)) continue;
			members.add(one);
			seen.set(one.pid, one.since);
			found = true;
		}
	}
	return [...members];
}

async function attempt<T>(work: () => Promise<T>): Promise<Known<T>> {
	try {
		return known(await work());
	} catch (error) {
		return unknown(error instanceof Error ? error.message : String(error));
	}
}
