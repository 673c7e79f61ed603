import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { type Access, accesses } from "./access.js";
import { aliasKey, certificates, type RegisteredCertificate } from "./certificate.js";

/** The certificate with this alias, in any case; undefined when there is none. */
export async function certificateCalled(view: RegistryView, alias: string): Promise<RegisteredCertificate | undefined> {
	const [found] = (
		await Array.fromAsync(view.records(certificates, { where: { alias: aliasKey(alias) }, limit: 1 }))
	).flat();
	return found;
}

/** @throws CfmError not-found `no-such-certificate` */
export async function requireCertificate(view: RegistryView, alias: string): Promise<RegisteredCertificate> {
	const found = await certificateCalled(view, alias);
	if (found !== undefined) return found;
	throw new CfmError("not-found", "no-such-certificate", t`No certificate is registered as ${alias}.`, {
		hints: [line("certs list", [], { alias }), line("certs register", [{ fill: "FILE" }], { alias })],
		data: { alias },
	});
}

/** The grant of access that counts, the last one; undefined when none is recorded. */
export async function accessTo(view: RegistryView, { number }: RegisteredCertificate): Promise<Access | undefined> {
	// In the order of their keys, from behind: the last generation.
	const last = view.records(accesses, { where: { certificate: number }, descending: true, limit: 1 });
	return (await Array.fromAsync(last)).flat()[0];
}

/**
 * Reads an alias: a name of one line, not longer than 64 characters.
 *
 * @throws CfmError usage `bad-alias`
 */
export function parseAlias(text: string): string {
	const alias = text.trim();
	if (alias !== "" && alias.length <= 64 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}*?]/u.test(alias)) return alias;
	throw new CfmError("usage", "bad-alias", t`Not an alias: ${JSON.stringify(alias.slice(0, 64))}.`, {
		hints: [t`Write it in one line, with 1 to 64 characters, and without * and ?.`],
		data: { alias: alias.slice(0, 64) },
	});
}
