import { keysOf, parseAccount } from "../account/account.js";
import type { Domain } from "../account/domains.js";
import { isSid } from "../account/raw-name.js";
import { registered, whoIsMeant } from "../account/whose.js";
import { line } from "../command-line.js";
import { listEnvironments } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { RegistryView } from "../registry/registry.js";
import { isMailbox } from "../settings/settings.js";
import { t } from "../text.js";
import { listOperators, type Operator } from "./operator.js";

/** Whom somebody typed. */
export interface Named {
	/** As it was typed, or as the system knows it. */
	name: string;
	/** undefined: whatever it is. */
	kind: Operator["kind"] | undefined;
	sid: string | null;
}

/**
 * Reads the name of an account or a group, or a SID.
 *
 * @throws CfmError usage `bad-user`
 */
export function parseOperatorName(text: string): string {
	return isSid(text) ? text.trim().toUpperCase() : parseAccount(text).spelling;
}

/** @throws CfmError usage `bad-mailbox` */
export function parseMailbox(text: string): string {
	if (isMailbox(text)) return text;
	throw new CfmError("usage", "bad-mailbox", t`Not exactly one mail address: ${JSON.stringify(text.slice(0, 80))}.`, {
		hints: [t`Write it as ana@example.com, without a name beside it.`],
	});
}

/** The domains that all environments tell of. Bare names belong to one only where all environments say the same. */
async function domainsOf(view: RegistryView): Promise<Domain[]> {
	const all = (await listEnvironments(view)).map(({ domains }) => domains ?? []);
	const homes = new Set(all.map(([home]) => keysOf(`${home?.name ?? ""}\\x`).domain));
	const nobodys = homes.size === 1 ? [] : [{ name: "", aliases: [] }];
	return [...nobodys, ...all.flat()];
}

/**
 * The operator that is meant; undefined when there is none.
 *
 * @throws CfmError conflict `ambiguous-operator`
 */
export async function operatorMeant(view: RegistryView, named: Named): Promise<Operator | undefined> {
	const [all, domains] = await Promise.all([listOperators(view), domainsOf(view)]);
	const among = all.filter(({ kind }) => named.kind === undefined || kind === named.kind);
	const account = registered({ user: named.name, sid: named.sid });
	const exact = among.filter(({ name }) => name === named.name);
	if (exact.length === 1) return exact[0];
	const meant = whoIsMeant(account, among, ({ name, sid }) => registered({ user: name, sid }), domains);
	if (meant.is === "one") return meant.one;
	if (meant.is === "nobody") return undefined;
	// The account was made anew: what was said of it is said of the new one, or of nobody.
	if (meant.why === "recreated") return meant.among[0];
	throw new CfmError("conflict", "ambiguous-operator", t`${named.name} could be several operators.`, {
		hints: [...meant.among.map(({ name }) => name), line("operators list")],
		data: { name: named.name, among: meant.among.map(({ name, kind }) => ({ name, kind })) },
	});
}
