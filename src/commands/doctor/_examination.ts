import type { Block } from "../../lib/cli/view.js";
import type { Context, Settings } from "../../lib/context.js";
import { checksOf, diagnosis, type Examination, type ExaminationRequest } from "../../lib/doctor/doctor.js";
import type { CfmError } from "../../lib/errors.js";
import { type Repair, repair, repairBlocks } from "./_fix.js";
import { refuseStopAlone } from "./_flags.js";
import { checksTable, countsBlock, findingBlocks, groupLine } from "./_view.js";

/** The flags that `doctor` and `audit` have in common, as they were said. */
interface Asked {
	only: readonly string[];
	skip: readonly string[];
	"list-checks": boolean;
	fix: boolean;
	"stop-clients": boolean;
	"dry-run": boolean;
	"fail-on": ExaminationRequest["failOn"] | undefined;
	timeout: number | undefined;
	environment: string | undefined;
}

type Listed = { checks: ReturnType<typeof checksOf>; total: number };
type Examined = Examination & { fix?: Repair; dryRun?: true };

/**
 * Lists the checks, or looks, and with `--fix` mends what was found and looks again.
 *
 * @param own.probes what is listed; without it, all of `doctor`
 * @param own.seconds that a check may take, unless it is said
 * @param own.look looks once
 */
export async function runExamination(
	context: Context,
	flags: Asked,
	own: Pick<ExaminationRequest, "groups" | "probes"> & {
		seconds: number;
		look(settings: Settings, request: ExaminationRequest): Promise<Examination>;
	},
): Promise<Listed | Examined> {
	refuseStopAlone(flags);
	const { groups = [], probes } = own;
	const chosen = { only: flags.only, skip: flags.skip, groups };
	if (flags["list-checks"]) {
		const checks = checksOf({ ...chosen, ...(probes && { probes }) });
		return { checks, total: checks.length };
	}
	const settings = await context.settings({ environment: flags.environment }, { passBy: true, keepDistrust: true });
	const { streams } = context.shell;
	const isWatched = streams.errIsTerminal && !context.shell.flags.json;
	const look = () =>
		own.look(settings, {
			...chosen,
			seconds: flags.timeout ?? own.seconds,
			atMost: flags.timeout,
			failOn: flags["fail-on"] ?? "error",
			heard: (group, checks) => {
				// Of a group that was not asked for there is nothing to tell.
				const isAsked = checks.some(({ state }) => state !== "skipped");
				if (isWatched && isAsked) streams.err(groupLine(group, checks));
			},
		});
	const first = await look();
	if (!flags.fix) return first;
	const { examination, fix } = await repair(context, first, look, flags["stop-clients"]);
	return { ...examination, fix, ...(flags["dry-run"] && { dryRun: true as const }) };
}

export function examinationView(result: Listed | Examined): Block[] {
	if (!("findings" in result)) return [checksTable(result.checks)];
	return [...findingBlocks(result), ...(result.fix ? repairBlocks(result.fix) : []), countsBlock(result)];
}

export function examinationVerdict(result: Listed | Examined): CfmError | undefined {
	return "findings" in result ? diagnosis(result) : undefined;
}
