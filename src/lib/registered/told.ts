import { dayLength, daysUntil } from "../calendar/day.js";
import { plural, t } from "../text.js";
import type { Access } from "./access.js";
import type { RegisteredCertificate } from "./certificate.js";

/** What a certificate's revocation, its dates and the clock make of it, never stored: the first that holds. */
export const validities = ["revoked", "not-yet-valid", "valid", "expiring", "expired"] as const;
export type Validity = (typeof validities)[number];

/** A certificate is expiring in its last so many days. */
export const expiringDays = 30;

/** What an authority said is no news after so many days: revocation is unknown then. */
const revocationDays = 7;

/** A certificate as every command shows it. */
export interface ToldCertificate extends Omit<RegisteredCertificate, "der" | "revocation"> {
	validity: Validity;
	/** Stands beside the validity: whether it was revoked, as far as that is known now. */
	revocation: "good" | "revoked" | "unknown";
	/** Whole days until it expires, rounded down; null: it never does. */
	daysLeft: number | null;
}

function validityOf(
	{ revocation, notBefore, notAfter }: Pick<RegisteredCertificate, "revocation" | "notBefore" | "notAfter">,
	now: Date,
): Validity {
	const at = now.getTime();
	if (revocation === "revoked") return "revoked";
	if (at < Date.parse(notBefore)) return "not-yet-valid";
	if (hasExpired({ notAfter }, now)) return "expired";
	return Date.parse(notAfter) <= at + expiringDays * dayLength && !neverExpires({ notAfter }) ? "expiring" : "valid";
}

export function hasExpired({ notAfter }: Pick<RegisteredCertificate, "notAfter">, now: Date): boolean {
	return now.getTime() > Date.parse(notAfter);
}

/** Whether its dates are anybody's concern: those of one that was retired or revoked are not. */
export function isWatched({ status, revocation }: Pick<RegisteredCertificate, "status" | "revocation">): boolean {
	return status !== "retired" && revocation !== "revoked";
}

/** Whether access to it is worth anything: what can't be signed with needs none. */
export function canBeSignedWith(
	one: Pick<RegisteredCertificate, "status" | "revocation" | "notAfter">,
	now: Date,
): boolean {
	return isWatched(one) && !hasExpired(one, now);
}

/** Whether what was said of its revocation holds still. */
function revocationOf(
	{ revocation, revocationSeen }: Pick<RegisteredCertificate, "revocation" | "revocationSeen">,
	now: Date,
): ToldCertificate["revocation"] {
	if (revocation === "revoked") return "revoked";
	if (revocation === null || revocationSeen === null) return "unknown";
	return now.getTime() <= Date.parse(revocationSeen) + revocationDays * dayLength ? "good" : "unknown";
}

/** RFC 5280, 4.1.2.5: the end of the year 9999 says that there is no expiry; some write its last minute, some another. */
export function neverExpires({ notAfter }: Pick<RegisteredCertificate, "notAfter">): boolean {
	return notAfter.startsWith("9999-");
}

export function tellCertificate({ der: _der, ...one }: RegisteredCertificate, now: Date): ToldCertificate {
	const daysLeft = neverExpires(one) ? null : daysUntil(one.notAfter, now);
	return { ...one, revocation: revocationOf(one, now), validity: validityOf(one, now), daysLeft };
}

export function validityText(validity: Validity): string {
	const texts: Record<Validity, () => string> = {
		revoked: () => t`revoked`,
		"not-yet-valid": () => t`not yet valid`,
		valid: () => t`valid`,
		expiring: () => t`expiring`,
		expired: () => t`expired`,
	};
	return texts[validity]();
}

/** How it stands with its dates, in a few words; of one that was revoked they say nothing. */
export function standText({ validity, daysLeft }: Pick<ToldCertificate, "validity" | "daysLeft">): string {
	const said = validityText(validity);
	return validity === "revoked" || validity === "expired" ? said : t`${said}, ${daysText(daysLeft)}`;
}

export function daysText(daysLeft: number | null): string {
	if (daysLeft === null) return t`no expiry`;
	if (daysLeft < 0) return t`expired`;
	return plural(daysLeft, { one: "1 day", other: `${daysLeft} days` });
}

/** A grant of access as every command shows it. */
export interface ToldAccess extends Access {
	state: "valid" | "expired" | "used-up";
	daysLeft: number;
}

export function tellAccess(access: Access, now: Date): ToldAccess {
	const isOver = now.getTime() >= Date.parse(access.expiresAt);
	const state = isOver ? "expired" : access.used >= access.allowance ? "used-up" : "valid";
	return { ...access, state, daysLeft: daysUntil(access.expiresAt, now) };
}
