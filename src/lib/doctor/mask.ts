import { tryAccount } from "../account/account.js";
import { composed, foldName } from "../account/fold.js";

/** What a masked name is the name of. */
export type NameKind = "user" | "domain" | "host" | "site" | "sid" | "issuer" | "name";

/** What stays on the machine: the key that tokens are made with, and the name behind each of them. */
export interface KeptMasks {
	/** 32 bytes in hexadecimal. */
	key: string;
	names: Record<string, string>;
}

/** Accounts and names that every machine has. */
const everywhere = new Set(
	`administrator administrators all\u0020users builtin default everyone guest localhost local\u0020service
	network\u0020service nobody nt\u0020authority public root system users`.split(/[\t\n]| (?=\w)/),
);

/** Fields whose values are words of cfm's own, whatever users are called. */
const ours = new Set([
	"id",
	"severity",
	"state",
	"group",
	"probe",
	"key",
	"kind",
	"code",
	"action",
	"command",
	"cause",
]);

/** Fields in which people write what they like: nobody can say what is in it. */
const freeText = new Set(["note", "reason"]);

/** What a field's value is the name of, wherever it stands. */
const fields: Readonly<Record<string, NameKind>> = {
	...{ user: "user", users: "user", actor: "user", account: "user", approvedBy: "user", owner: "user" },
	...{ expectedUser: "user", lastUser: "user", currentUser: "user", previousUser: "user", heldBy: "user" },
	...{ sid: "sid", domains: "domain", issuer: "issuer", last: "issuer" },
	...{ host: "host", hosts: "host", machine: "host", server: "host", proxy: "host", address: "host", remote: "host" },
	...{ site: "site", sites: "site", origin: "site" },
	...{ alias: "name", company: "name", contact: "name", wallet: "name", label: "name" },
};

/** The parts of a distinguished name that are the name of somebody: not the country, nor what a key is for. */
const named =
	/(?:^|[,+;]\s*)(?:CN|O|OU|SN|GN|G|L|STREET|UID|E|emailAddress|serialNumber|2\.5\.4\.\d+)=((?:\\.|[^,+;\\])+)/giu;

/** Where a name can be seen although no field says so; the first group is the name. */
const patterns: readonly (readonly [NameKind, RegExp])[] = [
	["sid", /(?<![\w-])(S-1-(?:5-21|12-1)(?:-\d+)+)/gi],
	["host", /:\/\/(?:[^\s/?#"'<>@]*@)?([^\s/?#"'<>@:]+)/g],
	["user", /:\/\/([^\s/?#"'<>@:]+)[^\s/?#"'<>@]*@/g],
	["user", /([\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+\.[\p{L}\p{N}.-]*[\p{L}\p{N}])/gu],
	// Not a part of a path, nor a key of the Windows Registry.
	["user", /(?<![\p{L}\p{N}._:\\/-])((?!HK)[\p{L}\p{N}._-]+\\[\p{L}\p{N}._$-]+)(?![\\\p{L}\p{N}._$-])/gu],
	["user", /[\\/](?:Users|home|Documents and Settings)[\\/]([\p{L}\p{N}][^\\/:*?"<>|\s,;'()]*)/giu],
	["host", /(?<![\d.])((?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3})(?![\d.])/g],
	["host", /(?<![\\:])\\\\([\p{L}\p{N}.-]+)\\/gu],
];

const removed = "[removed]";

/** Fields whose value is a secret, whatever it is. */
const secretField = /(?:password|passphrase|passwd|secret|^pass|^pwd|^pin|^authorization|api-?key)$/i;

/** What is secret in a text, each with what is put in its place. */
const secrets: readonly (readonly [RegExp, string])[] = [
	[/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/gs, removed],
	// In an address: `postgres://cfm_app:s3cret@db`.
	[/(:\/\/[^\s/:@]*:)[^\s/]+(?=@)/g, `$1${removed}`],
	[/\b(bearer|basic)(\s+)[\w.~+/=-]{8,}/gi, `$1$2${removed}`],
	[/\bwhsec_[\w+/=-]+/g, removed],
	[
		/((?:password|passphrase|passwd|secret|\bpass|\bpwd|\bpin|token|api[-_]?key)["']?\s*[=:]\s*)(?:"[^"]*"|'[^']*'|[^\s"',;]+)/gi,
		`$1${removed}`,
	],
];

const withoutSecrets = (text: string) =>
	secrets.reduce((plain, [secret, instead]) => plain.replace(secret, instead), text);

/**
 * Puts a token in the place of each name: `user-3f09ab12cd`. A name has the same token in every text and on every day, for it is made
 * with a key that stays on the machine; nobody without the key can tell, or try, which name it is.
 */
export class Masks {
	private readonly key: string;
	private readonly names: Map<string, string>;
	/** By their first word, folded: the names that begin with it, each with its token, and how long they are, the longest first. */
	private readonly known = new Map<string, { lengths: number[]; tokens: Map<string, string> }>();

	/**
	 * @param kept what was kept before; anything else is a new key
	 * @param open names that everybody may see
	 */
	constructor(
		kept: unknown,
		private readonly open: ReadonlySet<string> = new Set(),
	) {
		const { key, names } = (kept ?? {}) as Partial<KeptMasks>;
		this.key =
			typeof key === "string" && /^[\da-f]{64}$/.test(key)
				? key
				: process.getBuiltinModule("node:crypto").randomBytes(32).toString("hex");
		this.names = new Map(Object.entries(names ?? {}));
	}

	/** What is to be kept: all that was masked, now and before. */
	get kept(): KeptMasks {
		return { key: this.key, names: Object.fromEntries([...this.names].toSorted(([a], [b]) => (a < b ? -1 : 1))) };
	}

	/** Masks this name wherever it stands from now on. An account, an origin and an address are masked by their parts. */
	learn(kind: NameKind, name: string): void {
		if (kind === "user") this.learnAccount(name);
		else if (kind === "host" || kind === "site") this.learnHost(kind, hostOf(name));
		else if (kind === "name" && name.includes("@")) this.learnAccount(name);
		else if (kind !== "sid" || /^S-1-(5-21|12-1)-/i.test(name)) this.add(kind, name);
	}

	/** Learns every name in a value, by its fields and by how names look. */
	learnFrom(value: unknown, field = ""): void {
		if (typeof value === "string") {
			const text = withoutSecrets(value);
			const kind = fields[field];
			if (kind !== undefined) this.learn(kind, text);
			for (const [seen, pattern] of patterns) {
				for (const [, name = ""] of text.matchAll(pattern)) this.learn(seen, name);
			}
			if (field === "subject") for (const [, name = ""] of text.matchAll(named)) this.learn("name", name);
		} else if (Array.isArray(value)) for (const one of value) this.learnFrom(one, field);
		else if (typeof value === "object" && value !== null) {
			for (const [name, one] of Object.entries(value)) this.learnFrom(one, name);
		}
	}

	/** A value with its names masked, what people wrote and secrets removed. */
	value(value: unknown, field = ""): unknown {
		if (typeof value === "string") {
			if (freeText.has(field) || secretField.test(field)) return removed;
			return ours.has(field) ? value : this.text(value);
		}
		if (Array.isArray(value)) return value.map((one) => this.value(one, field));
		if (typeof value !== "object" || value === null) return value;
		return Object.fromEntries(
			Object.entries(value).map(([name, one]) => [this.fieldName(name), this.value(one, name)]),
		);
	}

	/** A text with all known names masked and secrets removed. */
	text(text: string): string {
		// As the registry compares names: an accent that stands behind its letter is the same letter.
		const plain = composed(withoutSecrets(text));
		let masked = "";
		let done = 0;
		for (const { 0: word, index } of plain.matchAll(/[\p{L}\p{N}_]+/gu)) {
			if (index < done) continue;
			const found = this.nameAt(plain, index, foldName(word));
			if (found === undefined) continue;
			masked += plain.slice(done, index) + found.token;
			done = found.end;
		}
		return masked + plain.slice(done);
	}

	/** The longest known name that stands there. Thousands of SIDs begin alike: each length is looked up once. */
	private nameAt(text: string, index: number, first: string): { token: string; end: number } | undefined {
		const { lengths = [], tokens } = this.known.get(first) ?? {};
		for (const length of lengths) {
			const [end, name] = [index + length, foldName(text.slice(index, index + length))];
			// A name of one letter would be found in every text.
			const isWhole = length > 1 ? !/^[\p{L}\p{N}_]/u.test(text.slice(end, end + 2)) : foldName(text) === name;
			const token = isWhole ? tokens?.get(name) : undefined;
			if (token !== undefined) return { token, end };
		}
		return undefined;
	}

	/** A field that is no word but an account, an origin, a path. */
	private fieldName(name: string): string {
		return /[\\/@]|^S-1-/i.test(name) ? this.text(name) : name;
	}

	private learnHost(kind: "host" | "site", host: string): void {
		if (this.open.has(host.toLowerCase()) || /^(127\.|0\.0\.0\.0$|\[?::)/.test(host)) return;
		this.add(kind, host);
		const [first = "", ...others] = host.split(".");
		if (kind === "host" && others.length > 0 && !/^\d/.test(host)) {
			this.add("host", first);
			this.add("domain", others.join("."));
		}
	}

	private learnAccount(text: string): void {
		const account = tryAccount(text, () => "");
		const spelling = "problem" in account ? text.trim() : account.spelling;
		const [, before = "", separator, after = ""] = /^([^\\@]*)(?:([\\@])(.*))?$/s.exec(spelling) ?? [];
		const [name, domain] = separator === "\\" ? [after, before] : [before, after];
		this.add("user", name);
		// As logs and `sudo` name one: `root (ana)`.
		for (const [, inside = ""] of name.matchAll(/\(([^()]+)\)/g)) this.add("user", inside);
		this.add("domain", domain);
	}

	private add(kind: NameKind, text: string): void {
		const name = foldName(composed(text.trim()));
		const inside = /[\p{L}\p{N}_].*$/su.exec(name)?.[0];
		if (inside === undefined || everywhere.has(name) || this.open.has(name)) return;
		const [first = ""] = /^[\p{L}\p{N}_]+/u.exec(inside) ?? [];
		const own = this.known.get(first) ?? { lengths: [], tokens: new Map<string, string>() };
		if (own.tokens.has(inside)) return;
		const token = `${kind}-${process.getBuiltinModule("node:crypto").createHmac("sha256", this.key).update(name).digest("hex").slice(0, 10)}`;
		if (!this.names.has(token)) this.names.set(token, text.trim());
		own.tokens.set(inside, token);
		if (!own.lengths.includes(inside.length)) own.lengths.push(inside.length);
		own.lengths.sort((a, b) => b - a);
		this.known.set(first, own);
	}
}

/** The host in an origin, a URL or `host:port`. */
function hostOf(text: string): string {
	return text
		.trim()
		.replace(/^[a-z][a-z\d+.-]*:\/\//i, "")
		.replace(/^[^/]*@/, "")
		.replace(/[/?#].*$/s, "")
		.replace(/:\d+$/, "");
}
