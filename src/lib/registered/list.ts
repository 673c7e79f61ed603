import type { Account } from "../account/account.js";
import type { Domain } from "../account/domains.js";
import { relate, told } from "../account/whose.js";
import { dayLength, daysUntil } from "../calendar/day.js";
import { CfmError } from "../errors.js";
import type { RegistryView } from "../registry/registry.js";
import { plural } from "../text.js";
import { accesses } from "./access.js";
import { certificates, type RegisteredCertificate } from "./certificate.js";
import { accessTo } from "./find.js";
import {
	canBeSignedWith,
	expiringDays,
	isWatched,
	neverExpires,
	type ToldCertificate,
	tellCertificate,
	type Validity,
} from "./told.js";

export interface CertificateList {
	certificates: ToldCertificate[];
	/** All that match, also those outside the page. */
	total: number;
	inventoryOnly: true;
}

export interface CertificateListRequest {
	/** A part of the alias, in any case; `*` and `?` are wildcards. */
	alias: string | undefined;
	/** ISO 8601 UTC. */
	registeredFrom: string | undefined;
	registeredTo: string | undefined;
	validity: Validity | undefined;
	status: RegisteredCertificate["status"] | undefined;
	/** A name without a domain is one of any domain. */
	owner: Account | undefined;
	/** Whose domains tell whether two spellings are one account. */
	environment: string;
	sort: "alias" | "expires" | "registered" | undefined;
	descending: boolean;
	limit: number | undefined;
	offset: number | undefined;
	now: Date;
}

/** `cfm certs list`: by alias, unless another order is asked for. */
export async function listCertificates(view: RegistryView, request: CertificateListRequest): Promise<CertificateList> {
	const { alias, registeredFrom, registeredTo, status, owner, now, descending, limit, offset } = request;
	const where = {
		...(alias === undefined ? {} : { named: `*${alias}*` }),
		...{ from: registeredFrom, to: registeredTo, status, owner: owner?.name },
		...whereValidity(request.validity, now),
	};
	const order = request.sort ?? "alias";
	const read = async (page: Pick<CertificateListRequest, "limit" | "offset">) =>
		(await Array.fromAsync(view.records(certificates, { where, order, descending, ...page }))).flat();
	// A domain has several names: SQL compares names alone.
	const { rows, total } =
		owner === undefined || owner.domain === ""
			? { rows: await read({ limit, offset }), total: await view.countRecords(certificates, { where }) }
			: pageOf(
					ownedBy(await read({ limit: undefined, offset: undefined }), owner, await domainsOf(view, request)),
					request,
				);
	return { certificates: rows.map((row) => tellCertificate(row, now)), total, inventoryOnly: true };
}

/** Certificates belong to no environment: one that is not there says nothing of domains. */
async function domainsOf(view: RegistryView, { environment }: CertificateListRequest): Promise<readonly Domain[]> {
	return (await view.environment(environment))?.domains ?? [];
}

/** Those of an account whose domain is, or may be, the one that was said. */
function ownedBy(
	rows: readonly RegisteredCertificate[],
	owner: Account,
	domains: readonly Domain[],
): RegisteredCertificate[] {
	return rows.filter((row) => {
		const other = told(row.owner, null);
		return other !== undefined && relate(owner, other, domains) !== "different";
	});
}

function pageOf<T>(all: readonly T[], { limit, offset = 0 }: Pick<CertificateListRequest, "limit" | "offset">) {
	return { rows: all.slice(offset, limit === undefined ? undefined : offset + limit), total: all.length };
}

/** What a validity is in the register: two instants and the clock, to the millisecond. */
function whereValidity(validity: Validity | undefined, now: Date) {
	const plus = (ms: number) => new Date(now.getTime() + ms).toISOString();
	const soon = expiringDays * dayLength;
	switch (validity) {
		case undefined:
			return {};
		case "revoked":
			return { revoked: 1 };
		case "not-yet-valid":
			return { revoked: 0, notBegunBy: plus(1) };
		case "valid":
			return { revoked: 0, begunBy: plus(0), endsFrom: plus(soon + 1) };
		case "expiring":
			return { revoked: 0, begunBy: plus(0), endsFrom: plus(0), endsBy: plus(soon) };
		case "expired":
			return { revoked: 0, begunBy: plus(0), endsBy: plus(-1) };
	}
}

/** A deadline of a certificate that is near or over. */
export interface DueCertificate {
	alias: string;
	owner: string | null;
	what: "certificate" | "access";
	/** ISO 8601 UTC. */
	due: string;
	/** Whole days until then, rounded down: below 0 it is over. */
	daysLeft: number;
	state: "due" | "over";
}

export interface DueCertificates {
	due: DueCertificate[];
	total: number;
	/** Everything up to this instant is due. */
	until: string;
	inventoryOnly: true;
}

/**
 * What expires within a time, or has: certificates that are signed with, and the access to them. A retired or revoked one has
 * no deadline any more, and an access that was granted anew counts by its last grant.
 *
 * @param within milliseconds
 */
export async function dueCertificates(
	view: RegistryView,
	{ within, now }: { within: number; now: Date },
): Promise<DueCertificates> {
	const until = new Date(now.getTime() + within).toISOString();
	const due: DueCertificate[] = [];
	for await (const chunk of view.records(certificates, { where: { endsBy: until } })) {
		for (const one of chunk) {
			if (isWatched(one) && !neverExpires(one)) due.push(deadline(one, "certificate", one.notAfter, now));
		}
	}
	const seen = new Set<number>();
	for await (const chunk of view.records(accesses, { where: { expires: until } })) {
		for (const { certificate: number } of chunk) {
			if (seen.has(number)) continue;
			seen.add(number);
			const one = await view.record(certificates, { number });
			const last = one === undefined ? undefined : await accessTo(view, one);
			if (one === undefined || last === undefined || !canBeSignedWith(one, now) || last.expiresAt > until) continue;
			due.push(deadline(one, "access", last.expiresAt, now));
		}
	}
	due.sort((a, b) => (a.due === b.due ? (a.alias < b.alias ? -1 : 1) : a.due < b.due ? -1 : 1));
	return { due, total: due.length, until, inventoryOnly: true };
}

/** How certificates stand; `due` as `cfm certs due` has it. */
export interface CertificateCounts {
	total: number;
	due: number;
	/** Of those that are due: what is over. */
	over: number;
}

export async function countCertificates(view: RegistryView, now: Date): Promise<CertificateCounts> {
	const total = await view.countRecords(certificates, {});
	if (total === 0) return { total, due: 0, over: 0 };
	const { due } = await dueCertificates(view, { within: expiringDays * dayLength, now });
	return { total, due: due.length, over: due.filter(({ state }) => state === "over").length };
}

function deadline(
	{ alias, owner }: RegisteredCertificate,
	what: DueCertificate["what"],
	due: string,
	now: Date,
): DueCertificate {
	const daysLeft = daysUntil(due, now);
	return { alias, owner, what, due, daysLeft, state: daysLeft < 0 ? "over" : "due" };
}

/** Something is due, as the command's failure; undefined when nothing is. */
export function certificatesDueError({ total, due }: DueCertificates): CfmError | undefined {
	if (total === 0) return undefined;
	const message = plural(total, { one: "1 deadline is due.", other: `${total} deadlines are due.` });
	const over = due.filter(({ state }) => state === "over").length;
	return new CfmError("findings", "certificates-due", message, { data: { total, over } });
}
