import type { Claim, KeptRun, SettledMail, TakeMail, TakenMail } from "../../registry/outbox.js";
import type { Statements } from "../sqlite/database.js";

// Each must run inside a transaction (`store.ts`). `registry-postgres/functions-of-notices.ts` says the same to a server.

export function claim(statements: Statements, claims: readonly Claim[]): number {
	const put = statements.sql(
		`INSERT INTO notices (item, stage, recipient, occasion, day, at, urgent, facts, mail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL) ON CONFLICT DO NOTHING`,
	);
	let count = 0;
	for (const { item, stage, recipient, occasion, day, at, urgent, facts } of claims)
		count += put.run(item, stage, recipient, occasion, day, at, urgent ? 1 : 0, JSON.stringify(facts)).changes;
	return count;
}

export function take(statements: Statements, asked: TakeMail): TakenMail | undefined {
	const { recipient, urgentOnly, holder, now, until, latest, messageId } = asked;
	const urgent = urgentOnly ? " AND urgent = 1" : "";
	const left = statements
		.sql(
			`SELECT message_id AS messageId FROM mails WHERE recipient = +? AND sent IS NULL AND (lease <= +? OR lease > +?)${urgent}
			ORDER BY made, message_id LIMIT 1`,
		)
		.get(recipient, now, latest) as { messageId: string } | undefined;
	if (left === undefined) {
		const claims = statements
			.sql(
				`SELECT max(urgent) AS urgent, count(*) AS count FROM notices WHERE recipient = +? AND mail IS NULL${urgent}`,
			)
			.get(recipient) as { urgent: number | null; count: number };
		if (claims.count === 0) return undefined;
		statements
			.sql(
				`INSERT INTO mails (message_id, recipient, made, urgent, holder, lease, tries, sent, failure)
				VALUES (?, ?, ?, ?, ?, ?, 1, NULL, NULL)`,
			)
			.run(messageId, recipient, now, claims.urgent ?? 0, holder, until);
		statements
			.sql(`UPDATE notices SET mail = ? WHERE recipient = +? AND mail IS NULL${urgent}`)
			.run(messageId, recipient);
	} else {
		statements
			.sql("UPDATE mails SET holder = ?, lease = ?, tries = tries + 1 WHERE message_id = +?")
			.run(holder, until, left.messageId);
	}
	const name = left?.messageId ?? messageId;
	const mail = statements
		.sql("SELECT message_id AS messageId, recipient, made, tries FROM mails WHERE message_id = +?")
		.get(name) as Omit<TakenMail, "claims">;
	const rows = statements
		.sql(
			`SELECT item, stage, recipient, occasion, day, at, urgent, facts FROM notices WHERE mail = +?
			ORDER BY item, stage, occasion`,
		)
		.all(name) as (Omit<Claim, "urgent" | "facts"> & { urgent: number; facts: string })[];
	const claims = rows.map((row) => ({
		...row,
		urgent: row.urgent === 1,
		facts: JSON.parse(row.facts) as object,
	}));
	return { ...mail, claims };
}

export function settle(statements: Statements, { messageId, holder, sent, failure, until }: SettledMail): boolean {
	const { changes } = statements
		.sql(
			"UPDATE mails SET sent = ?, failure = ?, lease = ?, holder = '' WHERE message_id = +? AND holder = +? AND sent IS NULL",
		)
		.run(sent, failure, until, messageId, holder);
	return changes === 1;
}

export function ran(statements: Statements, { job, machine, at }: KeptRun): void {
	statements
		.sql("INSERT INTO runs (job, machine, at) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET at = excluded.at")
		.run(job, machine, at);
}
