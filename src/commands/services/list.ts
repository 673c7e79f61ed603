import { command } from "../../lib/cli/definition.js";
import { pageOf, pagingFlags } from "../../lib/cli/paging.js";
import { listServices } from "../../lib/service/list.js";
import { t } from "../../lib/text.js";
import { inventoryLine } from "../certs/_register.js";
import { serviceFields, servicesTable } from "./_view.js";

export default command({
	summary: t`List the client services, and which are suspended`,
	role: "auditor",
	registry: true,
	list: { rows: "services", fields: serviceFields },
	flags: {
		name: { kind: "text", value: "TEXT", summary: t`Only those with this text in their name; * and ? are wildcards` },
		company: { kind: "text", value: "TEXT", summary: t`Only those with this text in their company` },
		"client-id": { kind: "text", value: "TEXT", summary: t`Only those with this text in their client ID` },
		cert: { kind: "text", value: "ALIAS", of: "certificate", summary: t`Only those that sign with this certificate` },
		status: {
			kind: "text",
			value: "STATUS",
			choices: ["active", "suspended"],
			summary: t`Only this status, as of now`,
		},
		"suspended-by-expiry": {
			kind: "boolean",
			summary: t`Only those suspended since something ran out`,
		},
		sort: { kind: "text", value: "KEY", choices: ["name", "since"], summary: t`Sort by` },
		reverse: { kind: "boolean", summary: t`Sort in descending order` },
		...pagingFlags,
	},
	examples: [
		{ what: t`All of them`, line: "cfm services list" },
		{ what: t`What is left after a renewal`, line: "cfm services list --suspended-by-expiry" },
	],
	async run({ flags }, context) {
		const { name, company, "client-id": clientId, cert: certificate, status, sort, reverse } = flags;
		const registry = await context.registry(await context.settings(), { readonly: true });
		const asked = { name, company, clientId, certificate, status, sort, descending: reverse, ...pageOf(flags) };
		const byExpiry = flags["suspended-by-expiry"];
		return registry.read((view) => listServices(view, { ...asked, byExpiry, now: context.host.now() }));
	},
	view: ({ services, total }) => [{ ...servicesTable(services, t`No service is recorded.`), total }, inventoryLine()],
});
