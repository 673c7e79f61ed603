import { dayLength, daysUntil } from "../calendar/day.js";
import { plural, t } from "../text.js";
import type { Access } from "./access.js";
import type { RegisteredCertificate } from "./certificate.js";

/** What a certificate's dates and the clock make of it, never stored. */
export const validities = ["not-yet-valid", "valid", "expiring", "expired"] as const;
export type Validity = (typeof validities)[number];

/** A certificate is expiring in its last so many days. */
export const expiringDays = 30;

/** A certificate as every command shows it. */
export interface ToldCertificate extends Omit<RegisteredCertificate, "der"> {
	validity: Validity;
	/** Whole days until it expires, rounded down; null: it never does. */
	daysLeft: number | null;
}

function validityOf({ notBefore, notAfter }: Pick<RegisteredCertificate, "notBefore" | "notAfter">, now: Date): Validity {
	const at = now.getTime();
	if (at < Date.parse(notBefore)) return "not-yet-valid";
	if (at > Date.parse(notAfter)) return "expired";
	return Date.parse(notAfter) <= at + expiringDays * dayLength && !neverExpires({ notAfter }) ? "expiring" : "valid";
}

/** RFC 5280, 4.1.2.5: the end of the year 9999 says that there is no expiry; some write its last minute, some another. */
export function neverExpires({ notAfter }: Pick<RegisteredCertificate, "notAfter">): boolean {
	return notAfter.startsWith("9999-");
}

export function tellCertificate({ der: _der, ...one }: RegisteredCertificate, now: Date): ToldCertificate {
	const daysLeft = neverExpires(one) ? null : daysUntil(one.notAfter, now);
	return { ...one, validity: validityOf(one, now), daysLeft };
}

export function validityText(validity: Validity): string {
	const texts: Record<Validity, () => string> = {
		"not-yet-valid": () => t`not yet valid`,
		valid: () => t`valid`,
		expiring: () => t`expiring`,
		expired: () => t`expired`,
	};
	return texts[validity]();
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
