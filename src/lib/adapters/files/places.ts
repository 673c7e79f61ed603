import { accessSync, constants, existsSync } from "node:fs";
import { join } from "node:path";

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
}

/**
 * Finds the folders: `CFM_HOME`, else `%ProgramData%\cfm`, else `/var/lib/cfm` when it can be used, else the XDG data
 * folder. A machine-wide registry that is there is never passed by for a private one.
 */
export function findPlaces(environment: NodeJS.ProcessEnv = process.env): Places {
	const folder = environment.CFM_HOME || machineFolder(environment);
	const userConfig =
		process.platform === "win32"
			? join(environment.APPDATA || join(home(environment), "AppData", "Roaming"), "cfm", "config.json")
			: join(environment.XDG_CONFIG_HOME || join(home(environment), ".config"), "cfm", "config.json");
	return {
		home: folder,
		machineConfig: join(folder, "config.json"),
		userConfig,
		registry: join(folder, "registry.db"),
	};
}

function machineFolder(environment: NodeJS.ProcessEnv): string {
	if (process.platform === "win32") return join(environment.ProgramData || "C:\\ProgramData", "cfm");
	const shared = "/var/lib/cfm";
	if (existsSync(join(shared, "registry.db")) || canWrite(existsSync(shared) ? shared : "/var/lib")) return shared;
	return join(environment.XDG_DATA_HOME || join(home(environment), ".local", "share"), "cfm");
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
function home(environment: NodeJS.ProcessEnv): string {
	return environment.HOME || process.getBuiltinModule("node:os").homedir();
}
