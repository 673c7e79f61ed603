import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";

/** Where a value came from, strongest first. */
export type SettingSource = "flag" | "environment" | "user" | "machine" | "default";

export interface SettingDefinition {
	/** The flag that says it for one command. */
	flag: string;
	/** The environment variable that sets it. */
	variable: string;
	summary: string;
	kind: "text" | "path" | "integer" | "sha256" | "yes-or-no" | "language";
	fallback: string | undefined;
	least?: number;
	most?: number;
}

/** Every setting there is. Keys are a promise to scripts. */
export const settingDefinitions = {
	registry: {
		flag: "--registry",
		variable: "CFM_REGISTRY",
		summary: t`The registry file`,
		kind: "path",
		fallback: undefined,
	},
	environment: {
		flag: "--environment",
		variable: "CFM_ENVIRONMENT",
		summary: t`The environment to use when none is specified`,
		kind: "text",
		fallback: "default",
	},
	lang: {
		flag: "--lang",
		variable: "CFM_LANG",
		summary: t`The language of messages; by default the system's, if cfm supports it`,
		kind: "language",
		fallback: undefined,
	},
	"ids.ignore-ports": {
		flag: "--ignore-ports",
		variable: "CFM_IGNORE_PORTS",
		summary: t`Give IDs whatever listens on this machine; for stations other than the server`,
		kind: "yes-or-no",
		fallback: "no",
	},
	"install.installer": {
		flag: "--installer",
		variable: "CFM_INSTALLER",
		summary: t`The client's installer`,
		kind: "path",
		fallback: undefined,
	},
	"install.sha256": {
		flag: "--sha256",
		variable: "CFM_INSTALLER_SHA256",
		summary: t`The required SHA-256 of the installer`,
		kind: "sha256",
		fallback: undefined,
	},
	"install.signer": {
		flag: "--signer",
		variable: "CFM_INSTALLER_SIGNER",
		summary: t`What the name of the installer's signer must contain (Windows)`,
		kind: "text",
		fallback: undefined,
	},
	"install.timeout": {
		flag: "--timeout",
		variable: "CFM_INSTALL_TIMEOUT",
		summary: t`The time limit for an installer, in seconds`,
		kind: "integer",
		fallback: "300",
		least: 1,
		most: 86_400,
	},
	"install.retries": {
		flag: "--retries",
		variable: "CFM_INSTALL_RETRIES",
		summary: t`How often to retry while another installation runs`,
		kind: "integer",
		fallback: "3",
		least: 0,
		most: 100,
	},
} as const satisfies Record<string, SettingDefinition>;

export type SettingKey = keyof typeof settingDefinitions;

export interface Setting {
	key: SettingKey;
	value: string | null;
	source: SettingSource;
	/** The file or variable it came from; null for a flag or a default. */
	origin: string | null;
	summary: string;
}

/** Values as one configuration file holds them. */
export type SettingFile = { readonly path: string; readonly values: Readonly<Record<string, unknown>> };

export interface SettingSources {
	flags?: Partial<Record<SettingKey, string | undefined>>;
	environment: Readonly<Record<string, string | undefined>>;
	user?: SettingFile | undefined;
	machine?: SettingFile | undefined;
	/** What the registry is when nobody says. */
	defaultRegistry: string;
}

/** Looks one setting up: flag, environment variable, user's file, machine's file, default. */
export function lookUp(key: SettingKey, sources: SettingSources): Setting {
	const definition: SettingDefinition = settingDefinitions[key];
	const found = (source: SettingSource, value: string, origin: string | null): Setting => ({
		key,
		value: checkSetting(key, value, origin ?? definition.flag),
		source,
		origin,
		summary: definition.summary,
	});
	const flag = sources.flags?.[key];
	if (flag !== undefined) return found("flag", flag, null);
	const variable = sources.environment[definition.variable];
	if (variable !== undefined && variable !== "") return found("environment", variable, definition.variable);
	for (const source of ["user", "machine"] as const) {
		const file = sources[source];
		const value = file?.values[key];
		if (file === undefined || value === undefined) continue;
		if (typeof value === "object") throw badSetting(key, file.path, t`it must be text or a number`);
		return found(source, String(value), file.path);
	}
	const value = definition.fallback ?? (key === "registry" ? sources.defaultRegistry : null);
	return { key, value, source: "default", origin: null, summary: definition.summary };
}

/** Every setting with where it came from. */
export function listSettings(sources: SettingSources): Setting[] {
	return (Object.keys(settingDefinitions) as SettingKey[]).map((key) => lookUp(key, sources));
}

/** @throws CfmError not-found `no-setting` */
export function parseSettingKey(text: string): SettingKey {
	if (Object.hasOwn(settingDefinitions, text)) return text as SettingKey;
	throw new CfmError("not-found", "no-setting", t`There is no setting ${text}.`, { hints: [line("config list")] });
}

/**
 * Checks a value before it is used or stored.
 *
 * @param origin where it stands, for the message
 * @throws CfmError usage `bad-setting`
 */
export function checkSetting(key: SettingKey, value: string, origin: string): string {
	const definition: SettingDefinition = settingDefinitions[key];
	const bad = (problem: string) => badSetting(key, origin, problem);
	if (/\p{Cc}/u.test(value)) throw bad(t`control characters are not allowed`);
	if (value.trim() === "") throw bad(t`the value is empty`);
	if (definition.kind === "path" && value.includes("://"))
		throw bad(t`this version of cfm supports a file, not ${value.split("://")[0] ?? ""}://`);
	if (definition.kind === "integer") {
		const number = /^\d{1,9}$/.test(value) ? Number(value) : Number.NaN;
		const { least = 0, most = 999_999_999 } = definition;
		if (!(number >= least && number <= most)) throw bad(t`${value} is not a whole number from ${least} to ${most}`);
	}
	if (definition.kind === "yes-or-no" && value !== "yes" && value !== "no")
		throw bad(t`${value} is neither yes nor no`);
	// Any language at all: one that was not built is English, so that a configuration outlives an upgrade.
	if (definition.kind === "language" && !/^[a-z]{1,8}([-_.@][a-z\d]+)*$/i.test(value))
		throw bad(t`${value} is not a language such as en or fr-CA`);
	if (definition.kind === "sha256" && !/^[\da-f]{64}$/i.test(value)) throw bad(t`a SHA-256 has 64 hexadecimal digits`);
	return value;
}

function badSetting(key: SettingKey, origin: string, problem: string): CfmError {
	return new CfmError(
		"usage",
		"bad-setting",
		origin.startsWith("--") ? `${origin}: ${problem}.` : t`${key} in ${origin}: ${problem}.`,
		{
			hints: [line("config list")],
			data: { key },
		},
	);
}
