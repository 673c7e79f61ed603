import type { Stored } from "../../registry/kind.js";
import type { ClaimQuery, KeptClaim } from "../../registry/outbox.js";
import type { Asked } from "./record-sql.js";

/** What is kept of notices, the newest first. @param items SQL that gives the items of a JSON list, its parameter */
export function claimsSql({ items, unsent, since, limit }: ClaimQuery, itemsOf: string): Asked {
	const conditions = [
		...(items === undefined ? [] : [`notices.item IN (${itemsOf})`]),
		...(unsent === true ? ["mails.sent IS NULL"] : []),
		...(since === undefined ? [] : ["notices.at >= +?"]),
	];
	const parameters: Stored[] = [
		...(items === undefined ? [] : [JSON.stringify(items)]),
		...(since === undefined ? [] : [since]),
	];
	return {
		sql: `SELECT notices.item, notices.stage, notices.recipient, notices.occasion, notices.day, notices.at, notices.urgent,
				notices.facts, notices.mail, mails.sent, coalesce(mails.tries, 0) AS tries, mails.failure
			FROM notices LEFT JOIN mails ON mails.message_id = notices.mail
			${conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`}
			ORDER BY notices.at DESC, notices.item, notices.stage, notices.recipient, notices.occasion
			${limit === undefined ? "" : `LIMIT ${Math.trunc(limit)}`}`,
		parameters,
	};
}

/** A row of `claimsSql`. */
export function toClaim(stored: object): KeptClaim {
	const row = stored as Omit<KeptClaim, "urgent" | "facts"> & { urgent: number; facts: string };
	return { ...row, urgent: row.urgent === 1, facts: JSON.parse(row.facts) as object };
}

/** Whom something waits for. */
export function waitingSql({ now, latest, urgentOnly }: { now: string; latest: string; urgentOnly: boolean }): Asked {
	const urgent = urgentOnly ? " AND urgent = 1" : "";
	return {
		sql: `SELECT recipient FROM notices WHERE mail IS NULL${urgent}
			UNION SELECT recipient FROM mails WHERE sent IS NULL AND (lease <= +? OR lease > +?)${urgent} ORDER BY recipient`,
		parameters: [now, latest],
	};
}

export const runsSql = "SELECT job, machine, at FROM runs ORDER BY job, machine";
