import { localMinute } from "../../lib/calendar/day.js";
import { localTime } from "../../lib/cli/time.js";
import { type Block, type Column, type Facts, type Line, type Table, type Tone, table } from "../../lib/cli/view.js";
import type { AccessAnswer } from "../../lib/registered/grant.js";
import { concernText, type ListedCertificate } from "../../lib/registered/list.js";
import type { CertificateAnswer } from "../../lib/registered/register.js";
import {
	daysText,
	standText,
	type ToldAccess,
	type ToldCertificate,
	type Validity,
	validityText,
} from "../../lib/registered/told.js";
import type { Chunks } from "../../lib/registry/registry.js";
import { t } from "../../lib/text.js";
import { recordedText, type Tried } from "../_recorded.js";

/** What cfm writes down is not what the authority knows: every answer ends with this. */
export function inventoryLine(): Line {
	return { line: t`This is cfm's own inventory: it changes nothing at the vendor.` };
}

const toneOf: Readonly<Record<Validity, Tone>> = {
	...{ revoked: "bad", "not-yet-valid": "caution", valid: "good", expiring: "caution", expired: "bad" },
};

export const certificateFields = [
	...["number", "alias", "validity", "daysLeft", "status", "owner", "wallet", "subject", "issuer", "serial"],
	...[
		"fingerprint",
		"notBefore",
		"notAfter",
		"place",
		"revocation",
		"revocationSeen",
		"revokedAt",
		"revocationReason",
		"replacedBy",
		"note",
		"since",
	],
] as const;

/** What stands beside the validity. */
export const concernsColumn: Column<ListedCertificate> = {
	head: t`CONCERNS`,
	field: "concerns",
	value: (one) => one.concerns.join(", "),
	drawn: (one) => one.concerns.map(concernText).join(", "),
	tone: (one) => (one.concerns.length > 0 ? "caution" : undefined),
	shrinks: true,
};

/** The same, and what lists tell besides. */
export const listedFields = [...certificateFields, "access", "accessExpiresAt", "concerns"] as const;

/** @param more columns that not all lists have */
export function certificatesTable<T extends ToldCertificate>(
	rows: readonly T[] | Chunks<T>,
	empty: string,
	more: readonly Column<T>[] = [],
): Table {
	return table<T>(
		[
			{ head: t`ALIAS`, field: "alias", value: ({ alias }) => alias, whole: true },
			{
				head: t`VALIDITY`,
				field: "validity",
				value: ({ validity }) => validity,
				drawn: ({ validity }) => validityText(validity),
				tone: ({ validity }) => toneOf[validity],
			},
			{
				head: t`LEFT`,
				field: "daysLeft",
				value: ({ daysLeft }) => daysLeft,
				drawn: (one) => daysText(one.daysLeft),
				align: "right",
			},
			{ head: t`STATUS`, field: "status", value: ({ status }) => status },
			{ head: t`OWNER`, field: "owner", value: ({ owner }) => owner, whole: true },
			{ head: t`WALLET`, field: "wallet", value: ({ wallet }) => wallet, shrinks: true, optional: true },
			...more,
			{ head: t`REGISTERED`, field: "since", value: ({ since }) => since, drawn: ({ since }) => since.slice(0, 10) },
			{ head: t`SUBJECT`, field: "subject", value: ({ subject }) => subject, shrinks: true, optional: true },
		],
		rows,
		empty,
	);
}

function revocationText({ revocation, revocationSeen, revokedAt, revocationReason }: ToldCertificate): string {
	const asked = revocationSeen === null ? null : localTime(revocationSeen);
	if (revocation === "revoked") {
		const at = revokedAt === null ? t`revoked` : t`revoked on ${localTime(revokedAt)}`;
		return revocationReason === null ? at : `${at}: ${revocationReason}`;
	}
	if (asked === null) return t`unknown: never asked`;
	return revocation === "good" ? t`not revoked, asked on ${asked}` : t`unknown: asked last on ${asked}`;
}

/** The group *General*. */
export function generalFacts(one: ToldCertificate): Facts {
	const { notAfter, daysLeft } = one;
	return {
		facts: [
			[t`Alias`, one.alias],
			[t`Validity`, standText(one)],
			[t`Revocation`, revocationText(one)],
			[t`Status`, one.status],
			[t`Owner`, one.owner ?? t`none`],
			...(one.wallet === null ? [] : [[t`Wallet`, one.wallet] as const]),
			[t`Subject`, one.subject],
			[t`Issuer`, one.issuer],
			[t`Serial number`, one.serial],
			[t`Valid from`, localTime(one.notBefore)],
			[t`Valid until`, daysLeft === null ? t`no expiry` : localTime(notAfter)],
			[t`SHA-256`, one.fingerprint],
			[t`Registered`, localTime(one.since)],
			...(one.place === null ? [] : [[t`Place`, one.place] as const]),
			...(one.replacedBy === null ? [] : [[t`Replaced by`, one.replacedBy] as const]),
			...(one.note === null ? [] : [[t`Note`, one.note] as const]),
		],
	};
}

/** The group *Certificate authority access*. */
export function accessFacts(access: ToldAccess | null): Facts {
	if (access === null) return { facts: [[t`Access`, t`none recorded`]] };
	const { granted, zone, expiresAt, used, allowance, generation } = access;
	const states: Record<ToldAccess["state"], () => string> = {
		valid: () => t`valid, ${daysText(access.daysLeft)}`,
		expired: () => t`expired`,
		"used-up": () => t`used up`,
	};
	return {
		facts: [
			[t`Access`, states[access.state]()],
			[t`Granted`, granted.length > 10 ? t`${localMinute(granted, zone)} ${zone}` : t`${granted} (${zone})`],
			[t`Expires`, t`${localMinute(expiresAt, zone)} ${zone}`],
			[t`Signatures`, t`${used} of ${allowance}`],
			[t`Grants`, generation],
		],
	};
}

export function certificateBlocks({ certificate, changed, dryRun }: CertificateAnswer & Tried): Block[] {
	const { alias } = certificate;
	return [{ line: recordedText(alias, { changed, dryRun }) }, generalFacts(certificate), inventoryLine()];
}

export function accessBlocks({ alias, access, changed, dryRun }: AccessAnswer & Tried): Block[] {
	return [{ line: recordedText(alias, { changed, dryRun }) }, accessFacts(access), inventoryLine()];
}
