import { CfmError } from "../errors.js";
import { isServer } from "../settings/settings.js";
import { t } from "../text.js";
import published from "./client-profile.json" with { type: "json" };

/** Where the client keeps things on one kind of system. Paths may name variables of the user's: `%APPDATA%`. */
export interface ClientLayout {
	installFolder: string;
	/** The program's file, inside the folder. */
	executable: string;
	uninstaller: string;
	/** Where the client ID is stored: a value in the user's registry, or a file inside the folder. */
	clientId: { key: string; value: string } | { file: string };
	/** The user's uninstall entry: a key in the user's registry, or a file inside the folder. */
	uninstallKey: string;
	/** The file that starts the client when the user logs on. */
	startupEntry?: string;
	/** The folder with the user's .epf file; the vendor fixes none. */
	epfFolder?: string;
	/** What the name of Entrust's security provider begins with among the programs: CertifiO Desktop is activated by it. */
	securityProvider?: string;
	/** Where the regular edition is, which is another product: next to the Server Edition it is in the way. */
	regular?: RegularLayout;
}

/** Where the regular edition keeps things. */
export interface RegularLayout {
	installFolder: string;
	/** The program's file, inside the folder. */
	executable: string;
	/** The file that starts it when the user logs on. */
	startupEntry: string;
}

/** The root certificate that some versions of the client need in their user's own store. */
export interface RootCertificate {
	/** The common name of its subject: each machine has a certificate of its own. */
	name: string;
	/** The versions that need it, each with all that begin with it. */
	versions: readonly string[];
}

/** The vendor's servers, each as `host:port`. */
export interface VendorServers {
	/** Reached by HTTPS, through a proxy if there is one. */
	web: readonly string[];
	/** LDAP, directly. */
	directory: readonly string[];
	/** CMP, directly. */
	certificates: readonly string[];
}

/**
 * What the vendor has not published about the client. The values that ship are guesses in the style of the regular
 * edition, labelled unverified; `client-profile.json` in cfm's own folder overrides them, `cfm client detect` helps.
 */
export interface ClientProfile {
	/** Whether somebody has compared these values with a real client. */
	verified: boolean;
	/** The regular edition's static port: never handed out. */
	commonPort: number;
	/** Whether the installer starts the client, so that it should be seen running afterwards. */
	startsAfterInstall: boolean;
	/** How long to look for what an installer should have left, in seconds. */
	settleSeconds: number;
	vendorServers: VendorServers;
	rootCertificate: RootCertificate;
	windows: ClientLayout;
	linux: ClientLayout;
	/** The file the values were read from; null for those that ship. */
	source: string | null;
}

/**
 * Puts an administrator's own values over those that ship.
 *
 * @throws CfmError usage `bad-client-profile`
 */
export function makeClientProfile(
	own: { path: string; values: Readonly<Record<string, unknown>> } | undefined,
): ClientProfile {
	if (own === undefined) return { ...published, source: null };
	const layout = (name: "windows" | "linux") => ({ ...published[name], ...(own.values[name] as object | undefined) });
	const vendorServers = { ...published.vendorServers, ...(own.values.vendorServers as object | undefined) };
	const rootCertificate = { ...published.rootCertificate, ...(own.values.rootCertificate as object | undefined) };
	const profile = {
		...{ ...published, ...own.values, vendorServers, rootCertificate },
		...{ windows: layout("windows"), linux: layout("linux"), source: own.path },
	};
	const problem = sideProblem(own.values) ?? problemOf(profile);
	if (problem === undefined) return profile as ClientProfile;
	throw new CfmError("usage", "bad-client-profile", t`The client profile ${own.path}: ${problem}.`, {
		hints: [t`Correct or remove the file.`],
	});
}

/** Whether a process is called as the client's program is. Linux cuts the names of processes at 15 bytes. */
export function isClientProgram(process: string, { windows, linux }: ClientProfile): boolean {
	const named = process.toLowerCase();
	return [windows, linux].some(({ executable }) => {
		const program = executable.toLowerCase();
		return named === program || (named.length === 15 && program.startsWith(named));
	});
}

function sideProblem(values: Readonly<Record<string, unknown>>): string | undefined {
	for (const name of ["windows", "linux", "vendorServers", "rootCertificate"]) {
		const side = values[name];
		const isObject = typeof side === "object" && side !== null && !Array.isArray(side);
		if (side !== undefined && !isObject) return t`${name} must be an object`;
	}
	return undefined;
}

function problemOf(profile: Record<string, unknown>): string | undefined {
	if (typeof profile.verified !== "boolean" || typeof profile.startsAfterInstall !== "boolean") {
		return t`verified and startsAfterInstall must be true or false`;
	}
	for (const key of ["commonPort", "settleSeconds"] as const) {
		const value = profile[key];
		if (!Number.isInteger(value) || Number(value) < 0 || Number(value) > 65_535)
			return t`${key} must be a whole number`;
	}
	for (const [kind, servers] of Object.entries(profile.vendorServers as object)) {
		const isList = Array.isArray(servers) && servers.every((one) => isServer(String(one)));
		if (!isList) return t`vendorServers.${kind} must be a list of host:port`;
	}
	const { name, versions } = profile.rootCertificate as Record<string, unknown>;
	if (!isText(name)) return t`rootCertificate.name must be text`;
	if (!Array.isArray(versions) || !versions.every((one) => /^\d+(\.\d+)*$/.test(String(one))))
		return t`rootCertificate.versions must be a list of versions`;
	for (const name of ["windows", "linux"] as const) {
		const layout = profile[name] as Record<string, unknown>;
		for (const key of ["installFolder", "executable", "uninstaller", "uninstallKey"]) {
			if (!isText(layout[key])) return t`${name}.${key} must be text`;
		}
		for (const key of ["startupEntry", "epfFolder", "securityProvider"]) {
			if (layout[key] !== undefined && !isText(layout[key])) return t`${name}.${key} must be text`;
		}
		for (const key of ["executable", "uninstaller"]) {
			if (!isFileName(layout[key])) return t`${name}.${key} must be a file name without a folder`;
		}
		const regular = regularProblem(layout.regular);
		if (regular !== undefined) return t`${name}.regular.${regular} is missing, or no text`;
		const { file, key, value } = (layout.clientId ?? {}) as Record<string, unknown>;
		const inRegistry = file === undefined && isText(key) && isText(value);
		if (!inRegistry && !isFileName(file)) return t`${name}.clientId must be a file name, or a key and a value`;
	}
	return undefined;
}

/** The key that is wrong. */
function regularProblem(regular: unknown): string | undefined {
	if (regular === undefined) return undefined;
	const said = (regular ?? {}) as Record<string, unknown>;
	if (!isFileName(said.executable)) return "executable";
	return ["installFolder", "startupEntry"].find((key) => !isText(said[key]));
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

const isFileName = (value: unknown) => isText(value) && !/[\\/]|^\.\.?$/.test(value);
