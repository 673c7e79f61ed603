import type { Account } from "../account/account.js";
import type { Domain } from "../account/domains.js";
import { relate, told } from "../account/whose.js";
import { dayLength, daysUntil } from "../calendar/day.js";
import { CfmError } from "../errors.js";
import type { Chunks, RegistryView } from "../registry/registry.js";
import { plural, t } from "../text.js";
import { type Access, accesses } from "./access.js";
import { certificates, type RegisteredCertificate } from "./certificate.js";
import { accessTo } from "./find.js";
import {
	canBeSignedWith,
	expiringDays,
	isWatched,
	neverExpires,
	type ToldAccess,
	type ToldCertificate,
	tellAccess,
	tellCertificate,
	type Validity,
} from "./told.js";

/** What stands beside a validity: somebody should look at it. */
export const concerns = ["no-owner", "revocation-unknown", "access-expired", "access-used-up"] as const;
export type Concern = (typeof concerns)[number];

/** A certificate as lists show it. */
export interface ListedCertificate extends ToldCertificate {
	/** How its last grant of access stands; null: none is recorded. */
	access: ToldAccess["state"] | null;
	accessExpiresAt: string | null;
	/** Of one that was retired or revoked, or has expired, there are none. */
	concerns: Concern[];
}

export interface CertificateList {
	certificates: Chunks<ListedCertificate>;
	/** All that match, also those outside the page. */
	total: number;
	inventoryOnly: true;
}

export interface CertificateListRequest {
	/** A part of the alias, in any case; `*` and `?` are wildcards. The same of the wallet, in the case of A to Z. */
	alias: string | undefined;
	wallet: string | undefined;
	/** ISO 8601 UTC. */
	registeredFrom: string | undefined;
	registeredTo: string | undefined;
	validity: Validity | undefined;
	status: RegisteredCertificate["status"] | undefined;
	/** Only those that end within so many milliseconds, and have not. */
	within: number | undefined;
	/** A name without a domain is one of any domain. */
	owner: Account | undefined;
	/** Whose domains tell whether two spellings are one account. */
	environment: string;
	sort: "alias" | "expires" | "registered" | "owner" | "wallet" | "status" | undefined;
	descending: boolean;
	limit: number | undefined;
	offset: number | undefined;
	now: Date;
}

/**
 * `cfm certs list`: by alias, unless another order is asked for. The rows are read while they are printed: the view must stay
 * open until then.
 *
 * @throws CfmError usage `bad-time` when the first day is behind the last
 */
export async function listCertificates(view: RegistryView, request: CertificateListRequest): Promise<CertificateList> {
	const { alias, wallet, registeredFrom, registeredTo, status, within, owner, now, descending, limit, offset } =
		request;
	if (registeredFrom !== undefined && registeredTo !== undefined && registeredFrom > registeredTo)
		throw new CfmError("usage", "bad-time", t`--registered-from is after --registered-to.`);
	const where = {
		...(alias === undefined ? {} : { named: `*${alias}*` }),
		...(wallet === undefined ? {} : { wallet: `*${wallet}*` }),
		...{ from: registeredFrom, to: registeredTo, status, owner: owner?.name },
		...whereEnds(request.validity, within, now),
	};
	const order = request.sort ?? "alias";
	const read = (page: Pick<CertificateListRequest, "limit" | "offset">) =>
		view.records(certificates, { where, order, descending, bare: true, ...page });
	// A domain has several names: SQL compares names alone, and leaves the few who share one.
	if (owner !== undefined && owner.domain !== "") {
		const rows = (await Array.fromAsync(read({ limit: undefined, offset: undefined }))).flat();
		const own = ownedBy(rows, owner, await domainsOf(view, request));
		const page = own.slice(offset ?? 0, limit === undefined ? undefined : (offset ?? 0) + limit);
		return { certificates: listed(view, inOneChunk(page), now), total: own.length, inventoryOnly: true };
	}
	const total = await view.countRecords(certificates, { where });
	return { certificates: listed(view, read({ limit, offset }), now), total, inventoryOnly: true };
}

async function* inOneChunk<T>(rows: T[]): Chunks<T> {
	yield rows;
}

/** Rows with how access to each stands, asked for a chunk at once. */
async function* listed(
	view: RegistryView,
	chunks: Chunks<RegisteredCertificate>,
	now: Date,
): Chunks<ListedCertificate> {
	for await (const chunk of chunks) {
		const numbers = JSON.stringify(chunk.map(({ number }) => number));
		const granted = new Map<number, Access>();
		// In the order of their keys: the last generation comes last.
		for await (const some of view.records(accesses, { where: { certificates: numbers } }))
			for (const one of some) granted.set(one.certificate, one);
		yield chunk.map((row) => listedOne(row, granted.get(row.number), now));
	}
}

function listedOne(row: RegisteredCertificate, last: Access | undefined, now: Date): ListedCertificate {
	const told = tellCertificate(row, now);
	const access = last === undefined ? null : tellAccess(last, now);
	const beside: Record<Concern, boolean> = {
		"no-owner": row.owner === null,
		"revocation-unknown": told.revocation === "unknown",
		"access-expired": access?.state === "expired",
		"access-used-up": access?.state === "used-up",
	};
	return {
		...told,
		...{ access: access?.state ?? null, accessExpiresAt: access?.expiresAt ?? null },
		concerns: canBeSignedWith(row, now) ? concerns.filter((one) => beside[one]) : [],
	};
}

export function concernText(concern: Concern): string {
	const texts: Record<Concern, () => string> = {
		"no-owner": () => t`no owner`,
		"revocation-unknown": () => t`revocation unknown`,
		"access-expired": () => t`access expired`,
		"access-used-up": () => t`access used up`,
	};
	return texts[concern]();
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

/** What ends within a time and has a validity: both say from when to when it ends. */
function whereEnds(validity: Validity | undefined, within: number | undefined, now: Date) {
	const where: { endsFrom?: string; endsBy?: string } = whereValidity(validity, now);
	if (within === undefined) return where;
	const [from, by] = [now.toISOString(), new Date(now.getTime() + within).toISOString()];
	return {
		...where,
		endsFrom: where.endsFrom !== undefined && where.endsFrom > from ? where.endsFrom : from,
		endsBy: where.endsBy !== undefined && where.endsBy < by ? where.endsBy : by,
	};
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
	for await (const chunk of view.records(certificates, { where: { endsBy: until }, order: "expires", bare: true })) {
		for (const one of chunk) {
			if (isWatched(one) && !neverExpires(one)) due.push(deadline(one, "certificate", one.notAfter, now));
		}
	}
	const seen = new Set<number>();
	for await (const chunk of view.records(accesses, { where: { expires: until }, order: "expires" })) {
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
