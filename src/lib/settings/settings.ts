import { foldName } from "../account/fold.js";
import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { locationProblem } from "../registry/location.js";
import { t } from "../text.js";
import { nameProblemHere } from "../windows-name.js";

/** Where a value came from, strongest first. */
export type SettingSource = "flag" | "environment" | "user" | "machine" | "default";

export interface SettingDefinition {
	/** The flag that says it for one command; those that are seldom changed have none. */
	flag?: string;
	/** The environment variable that sets it. */
	variable: string;
	summary: string;
	kind:
		| "text"
		| "path"
		| "registry"
		| "integer"
		| "sha256"
		| "yes-or-no"
		| "language"
		| "zone"
		| "server"
		| "servers"
		| "addresses"
		| "mailbox"
		| "mailboxes"
		| "mail-domain"
		| "escalation"
		| "by-authority";
	fallback: string | undefined;
	/** The only values that it can have. */
	choices?: readonly string[];
	least?: number;
	most?: number;
}

/** Every setting there is. Keys are a promise to scripts. */
export const settingDefinitions = {
	registry: {
		flag: "--registry",
		variable: "CFM_REGISTRY",
		summary: t`The registry: a file, or postgres://HOST/DATABASE`,
		kind: "registry",
		fallback: undefined,
	},
	environment: {
		flag: "--environment",
		variable: "CFM_ENVIRONMENT",
		summary: t`The environment when none is specified`,
		kind: "text",
		fallback: "default",
	},
	lang: {
		flag: "--lang",
		variable: "CFM_LANG",
		summary: t`The language of messages; by default the system's`,
		kind: "language",
		fallback: undefined,
	},
	"ids.ignore-ports": {
		flag: "--ignore-ports",
		variable: "CFM_IGNORE_PORTS",
		summary: t`Give IDs whatever listens here; for other stations than the server`,
		kind: "yes-or-no",
		fallback: "no",
	},
	"activations.days": {
		variable: "CFM_ACTIVATION_DAYS",
		summary: t`Days that activation codes can be used (15 is published, how they count is not)`,
		kind: "integer",
		fallback: "15",
		least: 1,
		most: 366,
	},
	"activations.attempts": {
		variable: "CFM_ACTIVATION_ATTEMPTS",
		summary: t`Attempts to confirm an identity (unverified)`,
		kind: "integer",
		fallback: "5",
		least: 1,
		most: 100,
	},
	"activations.zone": {
		flag: "--zone",
		variable: "CFM_ACTIVATION_ZONE",
		summary: t`The time zone of days; by default this machine's (the vendor's is unverified)`,
		kind: "zone",
		fallback: undefined,
	},
	"notify.issuers": {
		variable: "CFM_NOTIFY_ISSUERS",
		summary: t`Issuers' mail addresses, with commas; told what has no owner`,
		kind: "mailboxes",
		fallback: undefined,
	},
	"notify.escalation": {
		variable: "CFM_NOTIFY_ESCALATION",
		summary: t`Who is told, too, with commas: near=ADDRESS on the last day, over=ADDRESS after it`,
		kind: "escalation",
		fallback: undefined,
	},
	"notify.owner-domain": {
		variable: "CFM_NOTIFY_OWNER_DOMAIN",
		summary: t`The mail domain of users, who are told what is theirs`,
		kind: "mail-domain",
		fallback: undefined,
	},
	"notify.hour": {
		variable: "CFM_NOTIFY_HOUR",
		summary: t`The hour from which on notices are sent each day`,
		kind: "integer",
		fallback: "7",
		least: 4,
		most: 23,
	},
	"notify.zone": {
		variable: "CFM_NOTIFY_ZONE",
		summary: t`The hour's time zone; by default this machine's`,
		kind: "zone",
		fallback: undefined,
	},
	"notify.lang": {
		variable: "CFM_NOTIFY_LANG",
		summary: t`The language of notices; by default that of messages`,
		kind: "language",
		fallback: undefined,
	},
	"notify.from": {
		variable: "CFM_NOTIFY_FROM",
		summary: t`The sender's mail address`,
		kind: "mailbox",
		fallback: undefined,
	},
	"notify.server": {
		variable: "CFM_NOTIFY_SERVER",
		summary: t`The mail server, HOST:PORT`,
		kind: "server",
		fallback: undefined,
	},
	"notify.tls": {
		variable: "CFM_NOTIFY_TLS",
		summary: t`Encryption: starttls, tls (from the first byte) or none`,
		kind: "text",
		choices: ["starttls", "tls", "none"],
		fallback: "starttls",
	},
	"notify.timeout": {
		variable: "CFM_NOTIFY_TIMEOUT",
		summary: t`Seconds for each step with the mail server`,
		kind: "integer",
		fallback: "30",
		least: 1,
		most: 60,
	},
	"notify.ca-file": {
		variable: "CFM_NOTIFY_CA_FILE",
		summary: t`A PEM file with the mail server's authorities`,
		kind: "path",
		fallback: undefined,
	},
	"notify.login": {
		variable: "CFM_NOTIFY_LOGIN",
		summary: t`The user at the mail server`,
		kind: "text",
		fallback: undefined,
	},
	"notify.password-file": {
		variable: "CFM_NOTIFY_PASSWORD_FILE",
		summary: t`A file with that user's password in its first line`,
		kind: "path",
		fallback: undefined,
	},
	"notify.file": {
		variable: "CFM_NOTIFY_FILE",
		summary: t`A file to which each notice is added as a line of JSON`,
		kind: "path",
		fallback: undefined,
	},
	"notify.webhook-file": {
		variable: "CFM_NOTIFY_WEBHOOK_FILE",
		summary: t`A file with a webhook's address, and its secret (whsec_…) in the second line`,
		kind: "path",
		fallback: undefined,
	},
	"notify.webhook-format": {
		variable: "CFM_NOTIFY_WEBHOOK_FORMAT",
		summary: t`What a webhook gets: standard (Standard Webhooks) or teams (a card)`,
		kind: "text",
		choices: ["standard", "teams"],
		fallback: "standard",
	},
	"notify.event-log": {
		variable: "CFM_NOTIFY_EVENT_LOG",
		summary: t`Write notices to the event log of Windows, too`,
		kind: "yes-or-no",
		fallback: "no",
	},
	"certs.access-days": {
		variable: "CFM_CERTS_ACCESS_DAYS",
		summary: t`Days that access to a certificate lasts; by authority: 60; Example CA=30`,
		kind: "by-authority",
		fallback: "60",
	},
	"certs.access-allowance": {
		variable: "CFM_CERTS_ACCESS_ALLOWANCE",
		summary: t`Signatures that access allows; by authority, too`,
		kind: "by-authority",
		fallback: "1000000000",
	},
	"log.event-log": {
		variable: "CFM_EVENT_LOG",
		summary: t`Write changes to the event log of Windows, too`,
		kind: "yes-or-no",
		fallback: "no",
	},
	"web.profile-timeout": {
		variable: "CFM_WEB_PROFILE_TIMEOUT",
		summary: t`Seconds for reading one browser profile`,
		kind: "integer",
		fallback: "10",
		least: 1,
		most: 3600,
	},
	"web.user-timeout": {
		variable: "CFM_WEB_USER_TIMEOUT",
		summary: t`Seconds for all browser profiles of a user`,
		kind: "integer",
		fallback: "60",
		least: 1,
		most: 86_400,
	},
	"web.memory": {
		variable: "CFM_WEB_MEMORY",
		summary: t`MB of memory for reading one browser profile`,
		kind: "integer",
		fallback: "200",
		least: 32,
		most: 8192,
	},
	"web.answer-size": {
		variable: "CFM_WEB_ANSWER_SIZE",
		summary: t`MB that are read from one browser profile`,
		kind: "integer",
		fallback: "1",
		least: 1,
		most: 256,
	},
	"certificates.notarius-anchors": {
		variable: "CFM_NOTARIUS_ANCHORS",
		summary: t`A file with the vendor's authorities, then trusted (--anchor notarius)`,
		kind: "path",
		fallback: undefined,
	},
	"token.modules": {
		variable: "CFM_TOKEN_MODULES",
		summary: t`More PKCS#11 modules, separated by ; (Linux: :)`,
		kind: "text",
		fallback: undefined,
	},
	"token.timeout": {
		variable: "CFM_TOKEN_TIMEOUT",
		summary: t`Seconds for one PKCS#11 module`,
		kind: "integer",
		fallback: "15",
		least: 1,
		most: 3600,
	},
	"doctor.web-servers": {
		variable: "CFM_DOCTOR_WEB_SERVERS",
		summary: t`Web servers that doctor asks: HOST:PORT, with commas`,
		kind: "servers",
		fallback: undefined,
	},
	"doctor.directory-servers": {
		variable: "CFM_DOCTOR_DIRECTORY_SERVERS",
		summary: t`Directory servers (LDAP) that doctor asks: HOST:389`,
		kind: "servers",
		fallback: undefined,
	},
	"doctor.certificate-servers": {
		variable: "CFM_DOCTOR_CERTIFICATE_SERVERS",
		summary: t`Certificate servers (CMP) that doctor asks: HOST:829`,
		kind: "servers",
		fallback: undefined,
	},
	"doctor.timestamp-servers": {
		variable: "CFM_DOCTOR_TIMESTAMP_SERVERS",
		summary: t`Timestamp servers that cfm doctor asks, http://HOST/PATH; commas between several`,
		kind: "addresses",
		fallback: undefined,
	},
	"certificates.files": {
		variable: "CFM_CERTIFICATES",
		summary: t`Files of certificates that doctor looks after, separated by ; (Linux: :)`,
		kind: "text",
		fallback: undefined,
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
		summary: t`The installer's required SHA-256`,
		kind: "sha256",
		fallback: undefined,
	},
	"install.signer": {
		flag: "--signer",
		variable: "CFM_INSTALLER_SIGNER",
		summary: t`What the installer's signer must contain (Windows)`,
		kind: "text",
		fallback: undefined,
	},
	"install.timeout": {
		flag: "--timeout",
		variable: "CFM_INSTALL_TIMEOUT",
		summary: t`Seconds for an installer`,
		kind: "integer",
		fallback: "300",
		least: 1,
		most: 86_400,
	},
	"install.retries": {
		flag: "--retries",
		variable: "CFM_INSTALL_RETRIES",
		summary: t`Retries while another installation runs`,
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
	variables: Readonly<Record<string, string | undefined>>;
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
		value: checkSetting(key, value, origin ?? definition.flag ?? ""),
		source,
		origin,
		summary: definition.summary,
	});
	const flag = sources.flags?.[key];
	if (flag !== undefined) return found("flag", flag, null);
	const variable = sources.variables[definition.variable];
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

/** The flag that says a setting for one command; empty where there is none. */
export function settingFlag(key: SettingKey): string {
	const { flag = "" }: SettingDefinition = settingDefinitions[key];
	return flag;
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
		throw bad(t`it must be a file, not ${value.split("://")[0] ?? ""}://`);
	const problem = definition.kind === "registry" ? locationProblem(value) : undefined;
	if (problem !== undefined) throw bad(problem.message);
	const oddName = definition.kind === "path" ? nameProblemHere(value) : undefined;
	if (oddName !== undefined) throw bad(oddName);
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
	// Whether there is one of that name, whoever uses it asks: that needs tables.
	if (definition.kind === "zone" && !/^[A-Za-z][\w+\-/. ()]{0,60}$/.test(value))
		throw bad(t`${value.slice(0, 60)} is not a time zone such as America/Toronto`);
	if (definition.kind === "server" && !isServer(value)) throw bad(t`${value.slice(0, 60)} is not HOST:PORT`);
	if (definition.kind === "servers" && !serversIn(value).every(isServer))
		throw bad(t`${value} is not HOST:PORT, or several with commas between`);
	if (definition.kind === "addresses" && !listed(value).every(isAddress))
		throw bad(t`${value.slice(0, 60)} is not http://HOST/PATH, or several with commas between`);
	if (definition.kind === "mailbox" && !isMailbox(value)) throw bad(t`${value.slice(0, 60)} is not a mail address`);
	if (definition.kind === "mailboxes" && !listed(value).every(isMailbox))
		throw bad(t`${value.slice(0, 60)} is not a mail address, or several with commas between`);
	if (
		definition.kind === "escalation" &&
		!listed(value).every((one) => isMailbox(/^(?:near|over)=(.*)$/.exec(one)?.[1] ?? ""))
	)
		throw bad(t`${value.slice(0, 60)} is not near=ADDRESS or over=ADDRESS, or several with commas between`);
	if (definition.kind === "mail-domain" && !isMailbox(`a@${value}`))
		throw bad(t`${value.slice(0, 60)} is not a mail domain such as example.com`);
	const { choices = [value] } = definition;
	if (!choices.includes(value)) throw bad(t`${value.slice(0, 60)} is none of ${choices.join(", ")}`);
	if (definition.kind === "by-authority" && byAuthority(value, "") === undefined)
		throw bad(t`${value.slice(0, 60)} is neither a number nor such as 60; Example CA=30`);
	if (definition.kind === "sha256" && !/^[\da-f]{64}$/i.test(value)) throw bad(t`a SHA-256 has 64 hexadecimal digits`);
	return value;
}

/** The servers that a setting lists. */
export function serversIn(value: string): string[] {
	return listed(value);
}

/** What a setting lists, with commas between. */
export function listed(value: string): string[] {
	return value.split(",").map((one) => one.trim());
}

/**
 * Whether a text is exactly one mailbox, as `ana@example.com`: no name beside it, no list, nothing that a mail library would
 * read as more than one (a line break in an address sends the mail to somebody else).
 */
export function isMailbox(text: string): boolean {
	return text.length <= 254 && /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?!-)[A-Za-z\d-]+(?:\.[A-Za-z\d-]+)+$/.test(text);
}

/**
 * The number that a setting says for an authority: `60; Example CA=30` is 30 where the issuer's name has that text in it, in
 * any case, and 60 elsewhere.
 *
 * @returns undefined when the setting is no such text
 */
export function byAuthority(value: string, issuer: string): number | undefined {
	const [first, ...others] = value.split(";").map((one) => one.trim());
	const parts = others.map((one) => /^([^=]+)=\s*([1-9]\d{0,9})$/.exec(one));
	if (!/^[1-9]\d{0,9}$/.test(first ?? "") || parts.includes(null)) return undefined;
	const own = parts.find((one) => foldName(issuer).includes(foldName((one?.[1] ?? "").trim())));
	return Number(own?.[2] ?? first);
}

/** Whether a text is `host:port`, the host a name or an IPv4 address. */
export function isServer(text: string): boolean {
	const port = Number(/^[^\s:/]+:(\d{1,5})$/.exec(text)?.[1] ?? 0);
	return port > 0 && port <= 65_535;
}

/** Whether a text is an address on the web, with no account in it. */
function isAddress(text: string): boolean {
	if (!/^https?:\/\/[^\s/]/i.test(text) || !URL.canParse(text)) return false;
	const { username, password } = new URL(text);
	return username === "" && password === "";
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
