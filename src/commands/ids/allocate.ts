import { parseSid } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import { badLineFlags, fileFlags } from "../../lib/cli/input/flags.js";
import { type BadLine, skippedLinesError } from "../../lib/cli/input/lines.js";
import { CfmError } from "../../lib/errors.js";
import type { Host } from "../../lib/host/host.js";
import { type AllocationAnswer, allocateIds, anyNewcomer } from "../../lib/id/allocate.js";
import type { Applicant } from "../../lib/id/applicants.js";
import type { LookAlikeAccount } from "../../lib/id/look-alike-accounts.js";
import { givenByLook, lookAtPorts } from "../../lib/port/obstacles.js";
import { tryCandidates } from "../../lib/port/try-candidates.js";
import type { Registry } from "../../lib/registry/registry.js";
import { t } from "../../lib/text.js";
import { finish, makeRejects, refuse } from "../_bad-lines.js";
import { readApplicants } from "./_applicants.js";
import { noteNotStored, warnOfLookAlikes } from "./_remarks.js";
import { allocationsTable, renamedLines, skippedLines } from "./_table.js";

export default command({
	summary: t`Give each user the lowest free ID`,
	description: t`A user who has an ID keeps it. All get one, or nobody. IDs whose ports can't be used here are skipped.`,
	role: "operator",
	registry: true,
	changes: "mild",
	args: { users: { summary: t`DOMAIN\\name, name@domain or name`, many: true } },
	flags: {
		id: { kind: "integer", value: "N", summary: t`This ID, for one user` },
		from: {
			kind: "text",
			value: "FILE",
			summary: t`Users from a CSV file or a plain list; - for stdin`,
		},
		column: { kind: "text", value: "NAME", summary: t`The CSV column that holds the users` },
		"note-column": { kind: "text", value: "NAME", summary: t`The CSV column that holds a note for each user` },
		domain: { kind: "text", value: "NAME", summary: t`The domain of users without one` },
		...fileFlags,
		...badLineFlags,
		"ignore-ports": { kind: "boolean", summary: t`Also IDs whose ports are in use or excluded here` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`A note to keep with the ID` },
		sid: { kind: "text", value: "SID", summary: t`The account's SID, for one user` },
		"same-person": {
			kind: "boolean",
			summary: t`With --sid: a new account of the same person, who keeps the ID`,
		},
		"service-account": { kind: "boolean", summary: t`Also give IDs to machine and service accounts` },
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
		const { applicants, bad, input } = await readApplicants(args.users, flags, context.host);
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
			serviceAccounts: flags["service-account"],
			bad,
			keepGoing: flags["keep-going"] || flags.rejects !== undefined,
			refuse: (unused: readonly BadLine[]) => refuse(input, unused),
		};
		// The look at the machine takes its time: it comes before the transaction, and only when somebody needs an ID.
		const mustLook =
			settings.get("ids.ignore-ports") !== "yes" && (await registry.read((view) => anyNewcomer(view, asked)));
		const server = mustLook ? await context.host.network() : undefined;
		const ports = await lookAtPorts(commonPort, server, (text) => context.shell.warn(text));
		const writeRejects = await makeRejects(flags.rejects, input, context);
		const answer = await context.shell.withProgress(t`Allocating`, (progress) =>
			givenByLook(
				ports,
				(obstacle, more) => registry.read((view) => tryCandidates(view, { ...asked, obstacle }, more)),
				(obstacle) => context.carryOut(allocateIds({ ...asked, obstacle }), registry, progress),
			),
		);
		const lookAlikeAccounts = await lookAlikes(answer, applicants, registry, context.host);
		const whole = lookAlikeAccounts.length === 0 ? answer : { ...answer, lookAlikeAccounts };
		noteNotStored(context.shell, answer, flags.note);
		warnOfLookAlikes(context.shell, whole);
		return finish(whole, input, writeRejects);
	},
	view: (result) => [
		allocationsTable(result.allocations),
		...renamedLines(result.renamed, result.environment),
		...skippedLines(result.skipped),
	],
	verdict: ({ refused = [] }) => skippedLinesError(refused),
});

/** Asked when the IDs are given: a controller that is slow must hold up nobody else's change. */
async function lookAlikes(
	{ environment, allocations, lookAlike = [] }: AllocationAnswer,
	applicants: readonly Applicant[],
	registry: Registry,
	host: Pick<Host, "existingAccounts">,
): Promise<LookAlikeAccount[]> {
	// No shell has read the lines of a file, and no name with a domain has lost its backslash.
	const bare = applicants.filter(({ account, line }) => line === undefined && account.domain === "");
	if (bare.length === 0) return [];
	const isNew = new Set(allocations.flatMap(({ user, created, returned }) => (created && !returned ? [user] : [])));
	const suspects = bare
		.map(({ account }) => account.spelling)
		.filter((user) => isNew.has(user) && !lookAlike.some((one) => one.user === user));
	if (suspects.length === 0) return [];
	const { lookAlikeAccounts } = await import("../../lib/id/look-alike-accounts.js");
	return lookAlikeAccounts(registry, environment, suspects, host.existingAccounts);
}
