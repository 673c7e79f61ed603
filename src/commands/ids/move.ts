import { parseAccount } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import { followUps } from "../../lib/id/follow-up.js";
import { moveId } from "../../lib/id/move.js";
import { givenByLook, lookAtPorts } from "../../lib/port/obstacles.js";
import { tryMove } from "../../lib/port/try-candidates.js";
import { t } from "../../lib/text.js";
import { followLines, noteNotStored } from "./_remarks.js";
import { allocationsTable, skippedLines } from "./_table.js";

export default command({
	summary: t`Give a user another ID; the old one is quarantined`,
	description: t`Then set it in the user's client and in each of their browsers.`,
	role: "operator",
	registry: true,
	changes: "moderate",
	args: { user: { summary: t`The user`, required: true } },
	flags: {
		id: { kind: "integer", value: "N", summary: t`The new ID; by default, the lowest that is free and usable` },
		"ignore-ports": { kind: "boolean", summary: t`Even if its port is in use or excluded here` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`Why, for the history` },
	},
	examples: [
		{ what: t`To ID 57`, line: "cfm ids move CORP\\ana --id 57 --yes" },
		{ what: t`To the next one that can be used here`, line: "cfm ids move CORP\\ana --yes" },
	],
	async run({ args, flags }, context) {
		const account = parseAccount(args.user);
		const settings = await context.settings({
			environment: flags.environment,
			"ids.ignore-ports": flags["ignore-ports"] ? "yes" : undefined,
		});
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const server = settings.get("ids.ignore-ports") === "yes" ? undefined : await context.host.network();
		const ports = await lookAtPorts(settings.clientProfile().commonPort, server, (text) => context.shell.warn(text));
		const asked = { environment: settings.environment, account, id: flags.id, note: flags.note };
		const answer = await givenByLook(
			ports,
			(obstacle, more) => registry.read((view) => tryMove(view, { ...asked, obstacle }, more)),
			(obstacle) => context.carryOut(moveId({ ...asked, obstacle }), registry),
		);
		noteNotStored(context.shell, answer, flags.note);
		const left = answer.allocations.map((one) => ({ ...one, id: one.previousId }));
		const follow = await followUps(registry, "move", answer.environment, left);
		return { ...answer, ...(follow.length > 0 && { follow }) };
	},
	view: (result) => [
		allocationsTable(result.allocations),
		...skippedLines(result.skipped),
		...followLines(result.follow),
	],
});
