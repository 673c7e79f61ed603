import { parseAccount } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import { moveId } from "../../lib/id/move.js";
import { portObstacles } from "../../lib/port/obstacles.js";
import { t } from "../../lib/text.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`Give a user another ID; the old one is quarantined`,
	description: t`Afterwards, set the new ID in the user's client and in each of their browsers.`,
	registry: true,
	changes: "moderate",
	args: { user: { summary: t`The user`, required: true } },
	flags: {
		id: { kind: "integer", value: "N", required: true, summary: t`The new ID` },
		"ignore-ports": { kind: "boolean", summary: t`Even if its port is in use or excluded on this machine` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`Why, for the history` },
	},
	examples: [{ what: t`To ID 57`, line: "cfm ids move CORP\\ana --id 57 --yes" }],
	async run({ args, flags }, context) {
		const account = parseAccount(args.user);
		const settings = await context.settings({
			environment: flags.environment,
			"ids.ignore-ports": flags["ignore-ports"] ? "yes" : undefined,
		});
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const server = settings.get("ids.ignore-ports") === "yes" ? undefined : await context.host.network();
		const obstacle = await portObstacles(settings.clientProfile().commonPort, server, (text) =>
			context.shell.warn(text),
		);
		const request = { environment: settings.environment, account, id: flags.id, note: flags.note, obstacle };
		return context.carryOut(moveId(request), registry);
	},
	view: (result) => [allocationsTable(result.allocations)],
});
