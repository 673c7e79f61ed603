import { parseSid } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import { CfmError } from "../../lib/errors.js";
import { allocateIds, anyNewcomer } from "../../lib/id/allocate.js";
import { portObstacles } from "../../lib/port/obstacles.js";
import { plural, t } from "../../lib/text.js";
import { readApplicants } from "./_applicants.js";
import { allocationsTable, skippedLines } from "./_table.js";

export default command({
	summary: t`Give each user the lowest free ID`,
	description: t`A user who has an ID keeps it. A request for several users is all or nothing. IDs whose ports can't be used on this machine are skipped.`,
	registry: true,
	changes: "mild",
	args: { users: { summary: t`DOMAIN\\name, name@domain or name`, many: true } },
	flags: {
		id: { kind: "integer", value: "N", summary: t`This ID, for one user` },
		from: {
			kind: "text",
			value: "FILE",
			summary: t`Read the users from a CSV file or a plain list; - is standard input`,
		},
		column: { kind: "text", value: "NAME", summary: t`The CSV column that holds the users` },
		"keep-going": { kind: "boolean", summary: t`Skip bad lines in the file` },
		"ignore-ports": { kind: "boolean", summary: t`Also give IDs whose ports are in use or excluded on this machine` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`A note to keep with the ID` },
		sid: { kind: "text", value: "SID", summary: t`The account's SID, for one user` },
		"same-person": {
			kind: "boolean",
			summary: t`With --sid: the account was created anew for the same person, who keeps the ID`,
		},
	},
	examples: [
		{ what: t`One user`, line: "cfm ids allocate CORP\\ana" },
		{ what: t`A certain ID`, line: "cfm ids allocate CORP\\ben --id 42" },
		{
			what: t`A department, from PowerShell's Export-Csv`,
			line: "cfm ids allocate --from users.csv --column SamAccountName",
		},
	],
	async run({ args, flags }, context) {
		const { applicants, refused } = await readApplicants(args.users, flags);
		const single = flags.id === undefined ? (flags.sid === undefined ? undefined : "--sid") : "--id";
		if (single !== undefined && applicants.length !== 1) {
			throw new CfmError("usage", "one-user-only", t`${single} is for one user, but ${applicants.length} were named.`);
		}
		if (flags.sid !== undefined) {
			const sid = parseSid(flags.sid);
			for (const { account } of applicants) account.sid = sid;
		}
		const settings = await context.settings({
			environment: flags.environment,
			"ids.ignore-ports": flags["ignore-ports"] ? "yes" : undefined,
		});
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const { commonPort } = settings.clientProfile();
		const asked = {
			environment: settings.environment,
			applicants,
			id: flags.id,
			note: flags.note,
			samePerson: flags["same-person"],
		};
		// The look at the machine takes its time: it comes before the transaction, and only when somebody needs an ID.
		const mustLook =
			settings.get("ids.ignore-ports") !== "yes" && (await registry.read((view) => anyNewcomer(view, asked)));
		const server = mustLook ? await context.host.network() : undefined;
		const obstacle = await portObstacles(commonPort, server, (text) => context.shell.warn(text));
		const answer = await context.shell.withProgress(t`Allocating`, (progress) =>
			context.carryOut(allocateIds({ ...asked, obstacle }), registry, progress),
		);
		return refused.length === 0 ? answer : { ...answer, refused };
	},
	view: (result) => [allocationsTable(result.allocations), ...skippedLines(result.skipped)],
	verdict: (result) =>
		"refused" in result
			? new CfmError("partial", "lines-refused", passedOver(result.refused.length), {
					data: { lines: result.refused.slice(0, 100), total: result.refused.length },
				})
			: undefined,
});

function passedOver(lines: number): string {
	return plural(lines, { one: "1 line was skipped.", other: `${lines} lines were skipped.` });
}
