import type { Domain } from "./domains.js";
import { composed, foldName } from "./fold.js";
import { domainNames, firstLabel } from "./whose.js";

/** Users by a pattern, folded: `*` and `?` stand for anything and for one character; without a domain, of any. */
export interface UserPattern {
	name: string;
	domain: string | undefined;
}

/** Which domains a pattern's domain means, folded: those that fit `like`, and these `names`; never one `except`ed. */
export interface DomainsMeant {
	like: readonly string[];
	/** `""` for names without a domain. */
	names: readonly string[];
	except: readonly string[];
}

/** Whether a text is a pattern: no account is called with `*` or `?`. */
export function isPattern(text: string): boolean {
	return /[*?]/.test(text);
}

/** Reads `CORP\a*`, `*@corp.example.com` or `a*`. */
export function parsePattern(text: string): UserPattern {
	const folded = foldName(composed(text.trim()));
	const slash = folded.indexOf("\\");
	if (slash >= 0) return { domain: folded.slice(0, slash), name: folded.slice(slash + 1) };
	const at = folded.lastIndexOf("@");
	return at < 0 ? { name: folded, domain: undefined } : { domain: folded.slice(at + 1), name: folded.slice(0, at) };
}

/** The domains that a pattern's domain means in an environment: one of its names means all, as `relate` has it. */
export function domainsMeant(pattern: string, domains: readonly Domain[]): DomainsMeant {
	const { home, known } = domainNames(domains);
	const fits = glob(pattern);
	const namesOf = (domain: Domain) => [domain.name, ...domain.aliases].map(foldName);
	const said = domains.filter((domain) => namesOf(domain).some(fits));
	const names = said.flatMap(namesOf);
	if (isPattern(pattern) || known.has(pattern)) return { like: [pattern], names: withBare(names, home), except: [] };
	// A domain of which no other names were said: its DNS name begins with its NetBIOS name.
	const isDns = pattern.includes(".");
	const twin = firstLabel(pattern);
	if (isDns && !known.has(twin)) names.push(twin);
	const like = isDns ? [pattern] : [pattern, `${pattern}.*`];
	const isHome = home !== "" && like.concat(names).some((one) => glob(one)(home)) && !known.has(home);
	return { like, names: withBare(isHome ? [...names, home] : names, home), except: [...known.keys()] };
}

/** Whether an account's folded domain is one that a pattern's domain means in an environment. */
export function domainTest(pattern: string, domains: readonly Domain[]): (domain: string) => boolean {
	const { like, names, except } = domainsMeant(pattern, domains);
	const fits = like.map(glob);
	return (domain) => names.includes(domain) || (!except.includes(domain) && fits.some((one) => one(domain)));
}

/** Whether a folded text fits a pattern with `*` and `?`. */
export function glob(pattern: string): (text: string) => boolean {
	const expression = pattern
		.replace(/[.+^${}()|[\]\\]/g, "\\$&")
		.replaceAll("*", ".*")
		.replaceAll("?", ".");
	const whole = new RegExp(`^${expression}$`, "su");
	return (text) => whole.test(text);
}

function withBare(names: readonly string[], home: string): string[] {
	return [...new Set(home !== "" && names.includes(home) ? [...names, ""] : names)];
}
