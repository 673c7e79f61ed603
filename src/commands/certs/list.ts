import { parseAccount } from "../../lib/account/account.js";
import { parseSpan } from "../../lib/activation/due.js";
import { command } from "../../lib/cli/definition.js";
import { parseMoment } from "../../lib/cli/input/moment.js";
import { pageOf, pagingFlags } from "../../lib/cli/paging.js";
import { statuses } from "../../lib/registered/certificate.js";
import { listCertificates } from "../../lib/registered/list.js";
import { validities } from "../../lib/registered/told.js";
import { t } from "../../lib/text.js";
import { certificatesTable, concernsColumn, inventoryLine, listedFields } from "./_register.js";

export default command({
	summary: t`List the registered certificates`,
	role: "auditor",
	registry: true,
	list: { rows: "certificates", fields: listedFields },
	flags: {
		alias: { kind: "text", value: "TEXT", summary: t`Only those with this text in their alias; * and ? are wildcards` },
		"registered-from": { kind: "text", value: "TIME", summary: t`Not registered before this day or time` },
		"registered-to": { kind: "text", value: "TIME", summary: t`Not registered after this day or time` },
		validity: { kind: "text", value: "VALIDITY", choices: validities, summary: t`Only this validity` },
		status: { kind: "text", value: "STATUS", choices: statuses, summary: t`Only this status` },
		wallet: {
			kind: "text",
			value: "TEXT",
			summary: t`Only those with this text in their wallet; * and ? are wildcards`,
		},
		within: { kind: "text", value: "SPAN", summary: t`Only those that expire within this time: 30d, 12h, 2w` },
		owner: {
			kind: "text",
			value: "USER",
			of: "user",
			summary: t`Only this user's; without a domain, of any`,
		},
		sort: {
			kind: "text",
			value: "KEY",
			choices: ["alias", "expires", "registered", "owner", "wallet", "status"],
			summary: t`Sort by`,
		},
		reverse: { kind: "boolean", summary: t`Sort in descending order` },
		...pagingFlags,
	},
	examples: [
		{ what: t`All of them`, line: "cfm certs list" },
		{ what: t`By a part of the alias`, line: "cfm certs list --alias seal" },
		{
			what: t`Registered since a day, in that order`,
			line: "cfm certs list --registered-from 2026-01-01 --sort registered",
		},
	],
	async run({ flags }, context) {
		const now = context.host.now();
		const { "registered-from": from, "registered-to": to, alias, wallet, validity, status, sort, reverse } = flags;
		const settings = await context.settings();
		const registry = await context.registry(settings, { readonly: true });
		return listCertificates(await registry.snapshot(), {
			...{ alias, wallet, validity, status, sort, descending: reverse, now, ...pageOf(flags) },
			environment: settings.environment,
			within: flags.within === undefined ? undefined : parseSpan(flags.within),
			owner: flags.owner === undefined ? undefined : parseAccount(flags.owner),
			registeredFrom: from === undefined ? undefined : parseMoment(from, now),
			registeredTo: to === undefined ? undefined : parseMoment(to, now, { end: true }),
		});
	},
	view: ({ certificates, total }) => [
		{ ...certificatesTable(certificates, t`No certificate is registered.`, [concernsColumn]), total },
		inventoryLine(),
	],
});
