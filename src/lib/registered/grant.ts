import { dayLength, parseSaid, type Said, startOf } from "../calendar/day.js";
import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { isSameRow, recordChange } from "../registry/kind.js";
import { byAuthority } from "../settings/settings.js";
import { t } from "../text.js";
import { type Access, accesses } from "./access.js";
import type { RegisteredCertificate } from "./certificate.js";
import { accessTo, requireCertificate } from "./find.js";
import { type ToldAccess, tellAccess } from "./told.js";

/** How long access lasts, and for how many signatures: what settings say, by authority (`byAuthority`). */
export interface AccessRules {
	days: string;
	allowance: string;
}

/** As the vendor documents it. */
const documented: AccessRules = { days: "60", allowance: "1000000000" };

export interface AccessAnswer {
	alias: string;
	access: ToldAccess;
	changed: boolean;
	inventoryOnly: true;
}

type AccessOperation = RegistryOperation<Plan & { answer: AccessAnswer }, AccessAnswer>;

export interface GrantRequest {
	certificate: string;
	granted: Said;
	/** The last day of access; undefined: so many days after the grant. */
	expires: string | undefined;
	allowance: number | undefined;
	zone: string;
	/** Without them, as the vendor documents it. */
	rules?: AccessRules | undefined;
	now: Date;
}

/** `cfm certs access grant`: enters the first grant, or corrects the last one. @throws CfmError as `renewAccess` */
export function grantAccess(request: GrantRequest): AccessOperation {
	return changeAccess(request.certificate, request.now, asked(request), (certificate, before) => {
		const after = grant(request, certificate, before?.generation ?? 1, before?.used ?? 0);
		return [
			before === undefined ? "access.grant" : "access.correct",
			before ?? null,
			{ ...after, since: before?.since ?? after.since },
		];
	});
}

/**
 * `cfm certs access renew`: a new grant, later than the one before.
 *
 * @throws CfmError not-found `no-such-certificate`; conflict `grant-not-later`; usage `bad-date`, `approval-in-future`
 */
export function renewAccess(request: GrantRequest): AccessOperation {
	return changeAccess(request.certificate, request.now, asked(request), (certificate, before) => {
		if (before !== undefined && before.granted === request.granted.said) return ["access.renew", before, before];
		if (before !== undefined && before.grantedAt >= request.granted.from) {
			throw new CfmError(
				"conflict",
				"grant-not-later",
				t`Access to ${certificate.alias} was granted on ${before.granted}, not before.`,
				{
					hints: [
						{
							say: t`To correct that grant:`,
							line: line("certs access grant", [certificate.alias], { granted: request.granted.said }),
						},
					],
					data: { alias: certificate.alias, granted: before.granted },
				},
			);
		}
		return ["access.renew", null, grant(request, certificate, (before?.generation ?? 0) + 1, 0)];
	});
}

/** `cfm certs access use`: how many signatures were made since the grant. @throws CfmError not-found `no-access` */
export function useAccess(request: { certificate: string; used: number; now: Date }): AccessOperation {
	const { certificate, used, now } = request;
	return changeAccess(certificate, now, { certificate, used }, ({ alias }, before) => {
		if (before !== undefined) return ["access.use", before, { ...before, used }];
		throw noAccess(alias);
	});
}

/** Reads a number of signatures. @throws CfmError usage `bad-count` */
export function parseCount(text: string): number {
	const count = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
	if (Number.isSafeInteger(count)) return count;
	throw new CfmError("usage", "bad-count", t`Not a number of signatures: ${JSON.stringify(text.slice(0, 40))}.`, {
		hints: [t`Write a whole number in digits, such as 1200.`],
		data: { count: text.slice(0, 40) },
	});
}

export function noAccess(alias: string): CfmError {
	return new CfmError("not-found", "no-access", t`No access to ${alias} is recorded.`, {
		hints: [line("certs access grant", [alias], { granted: { fill: "2026-01-15" } })],
		data: { alias },
	});
}

function asked({ certificate, granted, expires, allowance, zone, rules }: GrantRequest) {
	return { certificate, granted, expires, allowance, zone, rules };
}

function grant(
	{ granted, expires, allowance: said, zone, rules = documented, now }: GrantRequest,
	{ number, alias, issuer }: RegisteredCertificate,
	generation: number,
	used: number,
): Access {
	if (Date.parse(granted.from) > now.getTime() + 3 * 60_000) {
		throw new CfmError("usage", "approval-in-future", t`${granted.said} is in the future.`, {
			hints: [t`Specify when access was granted.`],
			data: { date: granted.said },
		});
	}
	// The settings were checked when they were read.
	const days = byAuthority(rules.days, issuer) ?? Number(documented.days);
	const allowance = said ?? byAuthority(rules.allowance, issuer) ?? Number(documented.allowance);
	const usual = new Date(Date.parse(granted.from) + days * dayLength).toISOString();
	const expiresAt = expires === undefined ? usual : startOf(parseSaid(expires, zone).said.slice(0, 10), zone, 1);
	if (expiresAt <= granted.from) {
		throw new CfmError("usage", "bad-date", t`Access can't expire before it is granted.`, { data: { date: expires } });
	}
	return {
		...{ certificate: number, alias, generation, granted: granted.said, grantedAt: granted.from, expiresAt, zone },
		...{ used, allowance, since: now.toISOString() },
	};
}

function changeAccess(
	alias: string,
	now: Date,
	what: object,
	next: (
		certificate: RegisteredCertificate,
		before: Access | undefined,
	) => [
		action: "access.grant" | "access.correct" | "access.renew" | "access.use",
		before: Access | null,
		after: Access,
	],
): AccessOperation {
	return {
		asked: what,
		async plan(view) {
			const certificate = await requireCertificate(view, alias);
			const [action, before, after] = next(certificate, await accessTo(view, certificate));
			const changed = before === null || !isSameRow(before, after);
			return {
				answer: { alias: certificate.alias, access: tellAccess(after, now), changed, inventoryOnly: true },
				changes: changed ? [recordChange(accesses, action, before, after)] : [],
			};
		},
		answer: ({ answer }) => answer,
	};
}
