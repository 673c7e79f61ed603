import { parseAccount } from "../../lib/account/account.js";
import { allocationsTable } from "../../lib/cli/allocation-table.js";
import { command } from "../../lib/cli/definition.js";
import { moveAnswer, planMove } from "../../lib/id/move.js";
import { portObstacles } from "../../lib/port/obstacles.js";
import { carryOut } from "../../lib/registry/carry-out.js";
import { t } from "../../lib/text.js";
import { clientProfile, openRegistry, originOf, setting, settingSources, thisNetwork } from "../../lib/wiring.js";

export default command({
	summary: t`Give a user another ID; the old one rests`,
	description: t`The client and every browser of the user must learn the new ID afterwards.`,
	registry: true,
	changes: "moderate",
	args: { user: { summary: t`The user`, required: true } },
	flags: {
		id: { kind: "integer", value: "N", required: true, summary: t`The new ID` },
		"ignore-ports": { kind: "boolean", summary: t`Also when its port is in use or excluded on this machine` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`Why, for the history` },
	},
	examples: [{ what: t`To ID 57`, line: "cfm ids move CORP\\ana --id 57 --yes" }],
	async run({ args, flags }, shell) {
		const account = parseAccount(args.user);
		const sources = await settingSources(shell, {
			environment: flags.environment,
			"ids.ignore-ports": flags["ignore-ports"] ? "yes" : undefined,
		});
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const environment = setting(sources, "environment") ?? "";
		const server = setting(sources, "ids.ignore-ports") === "yes" ? undefined : await thisNetwork();
		const obstacle = await portObstacles(clientProfile(sources).commonPort, server, (text) => shell.warn(text));
		return carryOut(
			registry,
			originOf(shell),
			{
				plan: (view) => planMove(view, { environment, account, id: flags.id, note: flags.note, obstacle }),
				answer: moveAnswer,
				agree: ({ from, to }) => shell.agree(t`Move ${from.user ?? ""} from ID ${from.id} to ${to}?`),
			},
			{ dryRun: flags["dry-run"] },
		);
	},
	view: (result) => [allocationsTable(result.allocations)],
});
