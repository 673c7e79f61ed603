import { existsSync, readFileSync } from "node:fs";
import type { ReaderLack as Lack } from "../../webid/browsers.js";

/** How a reader is started. */
export interface Cage {
	file: string;
	words: readonly string[];
	lacks: readonly Lack[];
	/** It ends with `cfm` whatever happens, so Ctrl-C need not reach it: `cfm` decides what that means. */
	apart: boolean;
	/** It has something to tidy up when nobody asks any more, and is not killed with `cfm`. */
	endsItself?: boolean;
	/** It runs what may print: it answers on descriptor 3, and what it prints is nobody's. */
	answersApart?: boolean;
	/** Its process environment, where it needs more than a reader does. */
	variables?: NodeJS.ProcessEnv;
	/** The folder it starts in. */
	folder?: string;
}

/** What can be had on this machine. */
export interface CageFacts {
	platform: NodeJS.Platform;
	/** Node's own program, and what it runs: the script and its words. */
	node: string;
	script: readonly string[];
	/** Of this process, Linux. */
	uid: number;
	/** CapEff of proc(5). */
	capabilities: bigint;
	/** What a Node that has done nothing takes of what RLIMIT_DATA counts, in bytes: V8 reserves half a gigabyte. */
	startBytes: number;
	/** Full paths of programs of util-linux. */
	tools: Readonly<Partial<Record<Tool, string>>>;
}

type Tool = "prlimit" | "setpriv" | "unshare";
const places: Readonly<Record<Tool, readonly string[]>> = {
	prlimit: ["/usr/bin/prlimit", "/bin/prlimit"],
	setpriv: ["/usr/bin/setpriv", "/bin/setpriv"],
	unshare: ["/usr/bin/unshare", "/bin/unshare"],
};

/** capabilities(7): reading everything, becoming another user, giving rights up for good, a network of its own. */
const needed = { read: 1n << 2n, setgid: 1n << 6n, setuid: 1n << 7n, setpcap: 1n << 8n } as const;
const sysAdmin = 1n << 21n;

/** Owns nothing and is nobody: systemd.io/UIDS-GIDS leaves 65520 to 65533 unused, and containers map it. */
export const nobodysId = 65_533;

export const megabyte = 1 << 20;

/** Looks at this machine: two small files of /proc, and whether three programs are there. */
export function lookAtMachine(script: readonly string[]): CageFacts {
	const { platform, execPath: node } = process;
	const none = { platform, node, script, uid: 0, capabilities: 0n, startBytes: 0, tools: {} };
	if (platform !== "linux") return none;
	const tools: Partial<Record<Tool, string>> = {};
	for (const name of Object.keys(places) as Tool[]) {
		const place = places[name].find((path) => existsSync(path));
		if (place !== undefined) tools[name] = place;
	}
	// In a system without /proc nothing can be limited by what stands there.
	let status = "";
	try {
		status = readFileSync("/proc/self/status", "latin1");
	} catch {
		return none;
	}
	const capabilities = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? "0"}`);
	const startBytes = Number(/^VmData:\s*(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
	return { ...none, uid: process.geteuid?.() ?? 0, capabilities, startBytes, tools };
}

/**
 * The ways to start a process that changes something, the narrowest first: files, or a database that it is handed. It gives
 * up its rights itself (`become.ts`), when all that it needs is loaded: a folder of ours may be closed to whom it becomes.
 *
 * @param memory how much more than at its start it may take, in bytes
 * @param writes whether it changes files
 */
export function changingCages(facts: CageFacts, { memory, writes }: { memory: number; writes: boolean }): Cage[] {
	const { platform, tools, capabilities, startBytes } = facts;
	// Node's permissions allow no change of an open file's owner; what changes files looks into none, and starts nothing.
	const permissions = writes ? [] : ["--permission", "--allow-fs-read=*", "--allow-addons"];
	const node = [facts.node, ...permissions, ...facts.script];
	const cage = ([file = "", ...words]: readonly string[]): Cage => {
		return { file, words, lacks: [], apart: true, endsItself: writes };
	};
	if (platform === "win32" || tools.prlimit === undefined || tools.setpriv === undefined) return [cage(node)];
	const limits = ["--core=0", "--nofile=1024", "--cpu=600", ...(writes ? [] : ["--fsize=0"])];
	if (startBytes > 0) limits.push(`--data=${startBytes + memory}`);
	const limited = [tools.prlimit, ...limits, tools.setpriv, "--no-new-privs", "--pdeathsig=KILL", ...node];
	const isOffline = tools.unshare !== undefined && (capabilities & sysAdmin) !== 0n;
	const offline = isOffline ? [cage([tools.unshare as string, "--net", "--", ...limited])] : [];
	return [...offline, cage(limited), cage(node)];
}

/**
 * The ways to start a process that holds a module of somebody else's, which does what it is made for: with the rights and the
 * network of `cfm`, but within limits, and it ends with `cfm`.
 *
 * @param memory how much more than at its start it may take, in bytes
 */
export function moduleCages(facts: CageFacts, memory: number, more: Pick<Cage, "variables" | "folder">): Cage[] {
	const { tools, startBytes } = facts;
	const cage = ([file = "", ...words]: readonly string[]): Cage => {
		return { file, words, lacks: [], apart: true, answersApart: true, ...more };
	};
	const bare = cage([facts.node, ...facts.script]);
	if (tools.prlimit === undefined || tools.setpriv === undefined || startBytes === 0) return [bare];
	const limits = [`--data=${startBytes + memory}`, "--core=0"];
	return [cage([tools.prlimit, ...limits, tools.setpriv, "--pdeathsig=KILL", facts.node, ...facts.script]), bare];
}

/**
 * The ways to start a reader, the narrowest first: each next one gives up something that this machine may refuse, such as
 * a container without namespaces.
 *
 * A limit of V8's heap ends only what V8 keeps there. RLIMIT_DATA ends the rest, set before Node starts: setting it from
 * outside on a process of another account needs a right of its own.
 *
 * @param memory how much more than at its start a reader may take, in bytes
 */
export function cages(facts: CageFacts, { memory }: { memory: number }): Cage[] {
	const { platform, tools, capabilities, uid, startBytes } = facts;
	const heap = `--max-old-space-size=${Math.max(16, Math.round(memory / megabyte))}`;
	// Windows is called through addons: to give up rights, and for its registry.
	const permissions = ["--permission", "--allow-fs-read=*", ...(platform === "win32" ? ["--allow-addons"] : [])];
	const node = [facts.node, heap, ...permissions, ...facts.script];
	const cage = (words: readonly string[], lacking: readonly Lack[], apart = true): Cage => {
		const [file = "", ...rest] = words;
		return { file, words: rest, lacks: lacking, apart };
	};
	// libuv puts children into a job that ends with this process; what else there is Windows' readers do themselves, and say.
	if (platform === "win32") return [cage([...node, "lower"], []), cage(node, ["rights", "network", "memory"])];
	const isRoot = uid === 0;
	// Whoever has only their own rights gives the reader no more than they have.
	const ofRoot = (lack: Lack): readonly Lack[] => (isRoot ? [lack] : []);
	const bare = cage(node, [...ofRoot("rights"), ...ofRoot("network"), "memory"], false);
	if (tools.prlimit === undefined || tools.setpriv === undefined || startBytes === 0) return [bare];
	// It writes no file; Node needs 24 handles, and a store may have some hundred tables open.
	const limits = [`--data=${startBytes + memory}`, "--core=0", "--fsize=0", "--nofile=1024"];
	const limited = [tools.prlimit, ...limits, tools.setpriv, "--no-new-privs", "--pdeathsig=KILL"];
	const own = cage([...limited, ...node], [...ofRoot("rights"), ...ofRoot("network")]);
	const has = (rights: bigint) => (capabilities & rights) === rights;
	if (!isRoot || !has(needed.read | needed.setgid | needed.setuid | needed.setpcap)) return [own, bare];
	const readOnly = [
		...["--reuid", "--regid"].map((flag) => `${flag}=${nobodysId}`),
		"--clear-groups",
		...["--inh-caps", "--ambient-caps"].map((flag) => `${flag}=-all,+dac_read_search`),
		"--bounding-set=-all,+dac_read_search",
	];
	const narrow = [...limited, ...readOnly, ...node];
	const offline =
		tools.unshare !== undefined && has(sysAdmin) ? [cage([tools.unshare, "--net", "--", ...narrow], [])] : [];
	return [...offline, cage(narrow, ["network"]), own, bare];
}
