import { tryAccount } from "../account/account.js";

/** What a masked name is the name of. */
export type NameKind = "user" | "domain" | "host" | "site" | "sid" | "issuer";

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
	...{ sid: "sid", domains: "domain", issuer: "issuer" },
	...{ host: "host", hosts: "host", machine: "host", server: "host", proxy: "host" },
	...{ site: "site", sites: "site", origin: "site" },
};

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

const secrets = /\b(pass(?:word|phrase)?|pwd|pin|secret|token)(\s*[=:]\s*)[^\s"',;]+/gi;

const removed = "[removed]";

/**
 * Puts a token in the place of each name: `user-3f09ab12cd`. A name has the same token in every text and on every day, for it is made
 * with a key that stays on the machine; nobody without the key can tell, or try, which name it is.
 */
export class Masks {
	private readonly key: string;
	private readonly names: Map<string, string>;
	/** By their first word, folded: the names that begin with it, the longest first. */
	private readonly known = new Map<string, { name: string; token: string }[]>();

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
		else if (kind !== "sid" || /^S-1-(5-21|12-1)-/i.test(name)) this.add(kind, name);
	}

	/** Learns every name in a value, by its fields and by how names look. */
	learnFrom(value: unknown, field = ""): void {
		if (typeof value === "string") {
			const kind = fields[field];
			if (kind !== undefined) this.learn(kind, value);
			for (const [seen, pattern] of patterns) {
				for (const [, name = ""] of value.matchAll(pattern)) this.learn(seen, name);
			}
		} else if (Array.isArray(value)) for (const one of value) this.learnFrom(one, field);
		else if (typeof value === "object" && value !== null) {
			for (const [name, one] of Object.entries(value)) this.learnFrom(one, name);
		}
	}

	/** A value with its names masked, what people wrote and secrets removed. */
	value(value: unknown, field = ""): unknown {
		if (typeof value === "string") {
			if (freeText.has(field)) return removed;
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
		const plain = text.replace(secrets, `$1$2${removed}`);
		let masked = "";
		let done = 0;
		for (const { 0: word, index } of plain.matchAll(/[\p{L}\p{N}_]+/gu)) {
			if (index < done) continue;
			const found = this.known.get(word.toLowerCase())?.find(({ name }) => {
				const end = index + name.length;
				// A name of one letter would be found in every text.
				const isWhole = name.length > 1 ? !/^[\p{L}\p{N}_]/u.test(plain.slice(end)) : plain === name;
				return isWhole && plain.slice(index, end).toLowerCase() === name;
			});
			if (found === undefined) continue;
			masked += plain.slice(done, index) + found.token;
			done = index + found.name.length;
		}
		return masked + plain.slice(done);
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
		const name = text.trim().toLowerCase();
		const inside = /[\p{L}\p{N}_].*$/su.exec(name)?.[0];
		if (inside === undefined || everywhere.has(name) || this.open.has(name)) return;
		const [first = ""] = /^[\p{L}\p{N}_]+/u.exec(inside) ?? [];
		const own = this.known.get(first) ?? [];
		if (own.some((one) => one.name === inside)) return;
		const token = `${kind}-${process.getBuiltinModule("node:crypto").createHmac("sha256", this.key).update(name).digest("hex").slice(0, 10)}`;
		if (!this.names.has(token)) this.names.set(token, text.trim());
		own.push({ name: inside, token });
		this.known.set(
			first,
			own.toSorted((a, b) => b.name.length - a.name.length),
		);
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
