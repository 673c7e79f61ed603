import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { parseAccount } from "./account.js";
import { foldName } from "./fold.js";

/**
 * A domain as Windows writes it before a name (`CORP`), and the other names it goes by: its DNS name, the suffixes of its
 * users' principal names.
 */
export interface Domain {
	name: string;
	aliases: readonly string[];
}

/** What Windows writes before the names of Entra ID's users. It is no domain: two of them can have one name. */
export const entra = "azuread";

/**
 * Reads domains as people write them: `CORP`, or `CORP=corp.example.com` with other names of it. Named again, a domain
 * gets more aliases.
 *
 * @throws CfmError usage `bad-domain`: not a domain, AzureAD, or one name for two domains
 */
export function parseDomains(texts: readonly string[]): Domain[] {
	const domains: { name: string; aliases: string[] }[] = [];
	const domainOf = new Map<string, string>();
	for (const text of texts) {
		const [name = "", ...aliases] = text.split("=").map(parseDomain);
		const domain = domains.find((one) => same(one.name, name)) ?? { name, aliases: [] };
		if (!domains.includes(domain)) domains.push(domain);
		for (const alias of [name, ...aliases]) {
			const other = domainOf.get(foldName(alias));
			if (other === undefined) domainOf.set(foldName(alias), domain.name);
			else if (other !== domain.name) throw bad(t`${alias} cannot be both ${other} and ${domain.name}.`);
			if (!same(alias, domain.name) && other === undefined) domain.aliases.push(alias);
		}
	}
	return domains;
}

/** Domains as `parseDomains` reads them, one after the other; empty for none. */
export function domainsText(domains: readonly Domain[]): string {
	return domains.map(({ name, aliases }) => [name, ...aliases].join("=")).join(", ");
}

/** Whether domains are more than the name of one. */
export function needsTelling(domains: readonly Domain[]): boolean {
	return domains.length > 1 || (domains[0]?.aliases.length ?? 0) > 0;
}

/** An environment as the event log tells it: as it ever did, unless its domains are more than `domain` says. */
export function asLogged<E extends { domains: readonly Domain[] }>(environment: E): Omit<E, "domains"> {
	const { domains, ...rest } = environment;
	return needsTelling(domains) ? environment : rest;
}

function parseDomain(text: string): string {
	let domain = "";
	try {
		domain = parseAccount(`${text.trim()}\\x`).spelling.slice(0, -2);
	} catch {
		throw bad(t`Not a domain: ${JSON.stringify(text.slice(0, 80))}.`);
	}
	if (same(domain, entra)) throw bad(t`AzureAD is not a domain: two of its users can have one name.`);
	return domain;
}

function bad(message: string): CfmError {
	return new CfmError("usage", "bad-domain", message, {
		hints: [t`Write it as users do, with its other names if it has any: CORP, or CORP=corp.example.com`],
	});
}

function same(one: string, other: string): boolean {
	return foldName(one) === foldName(other);
}
