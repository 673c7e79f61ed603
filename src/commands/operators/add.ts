import { command } from "../../lib/cli/definition.js";
import { addOperator } from "../../lib/operator/change.js";
import { parseMailbox } from "../../lib/operator/find.js";
import { roles } from "../../lib/registry/role.js";
import { parseLanguage } from "../../lib/service/find.js";
import { t } from "../../lib/text.js";
import { adminsLine, changeText, kindFlag, namedBy, operatorsTable, yourRole } from "./_view.js";

export default command({
	summary: t`Say what an account or a group may do with the registry`,
	description: t`Auditors read. Operators also change IDs, clients and web IDs; issuers also certificates, activations and services; admins everything. While nobody is named, whoever can write the registry is an admin.`,
	role: "admin",
	registry: true,
	changes: "moderate",
	args: {
		name: {
			of: "operator",
			summary: t`An account or a group: DOMAIN\\name, name@domain, name or a SID`,
			required: true,
		},
	},
	flags: {
		role: {
			kind: "text",
			value: "ROLE",
			choices: roles,
			required: true,
			summary: t`auditor, operator, issuer or admin`,
		},
		...kindFlag,
		mail: { kind: "text", value: "ADDRESS", summary: t`Where issuers and admins are told what is due` },
		"no-mail": { kind: "boolean", summary: t`Remove the mail address` },
		login: {
			kind: "text",
			value: "LOGIN",
			summary: t`The PostgreSQL role they log in as; by default, the one called as they are`,
		},
		language: {
			kind: "text",
			value: "LANGUAGE",
			summary: t`Their language, such as en or fr-CA; by default that of --lang`,
		},
	},
	examples: [
		{ what: t`The first one`, line: "cfm operators add CORP\\ana --role admin --yes" },
		{
			what: t`Who is told what runs out`,
			line: "cfm operators add CORP\\signers --role issuer --mail cfm@example.com",
		},
	],
	async run({ args, flags }, context) {
		const { role = "auditor", language = flags.lang } = flags;
		const mail = flags["no-mail"] ? null : flags.mail === undefined ? undefined : parseMailbox(flags.mail);
		const lang = language === undefined ? undefined : parseLanguage(language);
		const named = await namedBy(context, args.name, flags.kind);
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		return context.carryOut(
			addOperator({
				...{ ...named, role, mail, lang, login: flags.login, now: context.host.now() },
				yourRole: await yourRole(context, registry),
			}),
			registry,
		);
	},
	view: (result) => [{ line: changeText(result) }, operatorsTable([result.operator], ""), adminsLine(result)],
});
