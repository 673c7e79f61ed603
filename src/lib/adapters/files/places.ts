import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folders `cfm` keeps its own things in. */
export interface Places {
	/** The machine's folder: registry, machine configuration, client profile. */
	home: string;
	/** The machine's configuration. */
	machineConfig: string;
	/** The configuration of the user who runs `cfm`. */
	userConfig: string;
	/** The embedded registry when nobody says another. */
	registry: string;
	/** The machine's folder is that of the source checkout which `cfm` is run from. */
	ofCheckout?: true;
}

/**
 * Finds the folders: `CFM_HOME`, else `%ProgramData%\cfm`, else `/var/lib/cfm` when it can be used, else the XDG data
 * folder. A machine-wide registry that is there, or whose folder is closed to this user, is never passed by for a private one.
 * Where there is none, `cfm` run from its source keeps its things in the checkout's own `.cfm`.
 *
 * @param program the file that Node was started with
 */
export function findPlaces(variables: NodeJS.ProcessEnv = process.env, program = process.argv[1]): Places {
	const shared = sharedFolder(variables);
	const named = variables.CFM_HOME || (isInUse(shared) ? shared : undefined);
	const checkout = named === undefined ? checkoutOf(program) : undefined;
	const folder = named ?? checkout ?? usualFolder(shared, variables);
	const userConfig =
		process.platform === "win32"
			? join(variables.APPDATA || join(home(variables), "AppData", "Roaming"), "cfm", "config.json")
			: join(variables.XDG_CONFIG_HOME || join(home(variables), ".config"), "cfm", "config.json");
	const found = {
		home: folder,
		machineConfig: join(folder, "config.json"),
		userConfig,
		registry: join(folder, "registry.db"),
		...(checkout === undefined ? {} : { ofCheckout: true as const }),
	};
	run = { home: found.home, variables, others: [] };
	return found;
}

/** What was found last: the run of `cfm` that this process is there for. */
let run: { home: string; variables: NodeJS.ProcessEnv; others: string[] } | undefined;

/** Another folder that is closed as the machine's is: that of a registry kept elsewhere. */
export function alsoOurs(folder: string): void {
	run?.others.push(folder);
}

/** Where this run may work with administrators' rights, the machine's folder first; and the variables it was given. */
export function ourFolders(): { closed: string[]; variables: NodeJS.ProcessEnv } {
	if (run === undefined) findPlaces();
	const { home = "", others = [], variables = {} } = run ?? {};
	return { closed: [home, ...others], variables };
}

function sharedFolder(variables: NodeJS.ProcessEnv): string {
	return process.platform === "win32" ? join(variables.ProgramData || "C:\\ProgramData", "cfm") : "/var/lib/cfm";
}

function usualFolder(shared: string, variables: NodeJS.ProcessEnv): string {
	if (process.platform === "win32" || canWrite(existsSync(shared) ? shared : dirname(shared))) return shared;
	return join(variables.XDG_DATA_HOME || join(home(variables), ".local", "share"), "cfm");
}

/** Whether a folder has a registry, or nobody lets this user see whether it has one. */
function isInUse(folder: string): boolean {
	try {
		statSync(join(folder, "registry.db"));
		return true;
	} catch (error) {
		return ["EACCES", "EPERM"].includes(String((error as NodeJS.ErrnoException).code));
	}
}

/**
 * The folder of a source checkout for what its `cfm` keeps: beside its package.json, wherever it is called from. An
 * installed `cfm` has no sources, and root trusts no folder of another user's.
 */
function checkoutOf(program: string | undefined): string | undefined {
	if (program === undefined) return undefined;
	try {
		const root = join(dirname(realpathSync(program)), "..");
		const isOurs = existsSync(join(root, "src", "hot.ts")) && existsSync(join(root, "bin", "run.cjs"));
		const isForeign = process.geteuid?.() === 0 && statSync(root).uid !== 0;
		return isOurs && !isForeign ? join(root, ".cfm") : undefined;
	} catch {
		return undefined;
	}
}

function canWrite(folder: string): boolean {
	try {
		accessSync(folder, constants.W_OK);
		return true;
	} catch {
		return false;
	}
}

/** The user's own folder; node:os is loaded only when the environment does not say. */
function home(variables: NodeJS.ProcessEnv): string {
	return variables.HOME || process.getBuiltinModule("node:os").homedir();
}
