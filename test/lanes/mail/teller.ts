/**
 * Tells people again and again until it is killed, as `cfm notify run` every minute would: `node teller.mjs TASK`. Its clock
 * runs 600 times as fast, so that leases run out while the test waits. Says `round` after each.
 */
import { randomUUID } from "node:crypto";
import { writeSync } from "node:fs";
import * as letters from "../../../src/letters.js";
import { sendMail } from "../../../src/lib/adapters/mail/send.js";
import { openSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { runNotices } from "../../../src/lib/notice/run.js";

const { file, port, since, from } = JSON.parse(process.argv[2] ?? "{}") as {
	file: string;
	port: number;
	/** Where the clock stood, and what it said. */
	since: number;
	from: number;
};
const now = () => new Date(from + (Date.now() - since) * 600);

async function main(): Promise<void> {
	const registry = await openSqliteRegistry(file, { readonly: false });
	const server = { host: "127.0.0.1", port, tls: "none", login: undefined, authorities: undefined } as const;
	for (;;) {
		await runNotices(registry, {
			book: {
				...{ issuers: [], escalation: [], channels: [], addressOf: (user) => `${user.split("\\")[1]}@example.com` },
				...{ languageOf: () => undefined, language: "en" },
			},
			letters: async () => letters,
			...{ hours: { zone: "UTC", hour: 4 }, now, machine: "TS01", newMessageId: () => `${randomUUID()}@example.com` },
			async deliver({ recipient, ...mail }) {
				const to = recipient.slice("mail:".length);
				const outcome = await sendMail({ ...mail, from: "cfm@example.com", to }, { ...server, milliseconds: 30_000 });
				return outcome.is === "sent" ? undefined : outcome.is;
			},
		});
		writeSync(1, "round\n");
	}
}
void main();
