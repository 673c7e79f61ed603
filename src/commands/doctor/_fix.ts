import { type RanLine, runLine } from "../../lib/cli/run-lines.js";
import type { Block } from "../../lib/cli/view.js";
import type { CommandLine, Hint } from "../../lib/command-line.js";
import type { Context } from "../../lib/context.js";
import type { Examination } from "../../lib/doctor/doctor.js";
import {
	canBeAsked,
	type Fix,
	fixesOf,
	followingOf,
	inOrder,
	isGiving,
	mended,
	startsOf,
	stepsAfter,
} from "../../lib/doctor/fix.js";
import type { ToldFinding } from "../../lib/finding/finding.js";
import type { AllocationAnswer } from "../../lib/id/allocate.js";
import type { PromisedId } from "../../lib/registry/as-given.js";
import { plural, t } from "../../lib/text.js";

/** One command of a repair, and what became of it. */
export interface RepairStep extends CommandLine {
	/** `planned`: with `--dry-run`; `refused`: its own preview says why; `by-user`: only the user's session can do it. */
	state: "planned" | "done" | "failed" | "refused" | "by-user";
	why: string | null;
	/** The findings that it is to mend; empty for what a person does afterwards. */
	ids: string[];
}

export interface Repair {
	steps: RepairStep[];
	/** What the first look found and the second one no longer does. */
	mended: ToldFinding[];
}

/**
 * Mends what was found as its remedies say: each command's own plan, one question for all, then a second look, which alone
 * says what is mended.
 *
 * @param lookAgain the same examination once more
 * @param stopClients end running clients that get another ID, or go on with one from before
 */
export async function repair(
	context: Context,
	first: Examination,
	lookAgain: () => Promise<Examination>,
	stopClients: boolean,
): Promise<{ examination: Examination; fix: Repair }> {
	const told = first.findings.filter(({ suppressed }) => suppressed === null);
	const { ready, refused } = await preview(context, fixesOf(told, stopClients));
	const fixes = ready.map(({ fix }) => fix);
	const following: Fix[] = [];
	for (const fix of followingOf(fixes, told, stopClients)) {
		const asked = canBeAsked(fix, fixes) ? await runLine(context, fix.line, { "dry-run": true }) : undefined;
		// Whoever has no client here, or no browser, is moved all the same.
		if (asked?.error?.kind !== "not-found") following.push(fix);
	}
	const { flags } = context.shell;
	if (!flags.json && ready.length > 0) {
		await context.shell.show([
			...ready.flatMap(({ ran }) => planBlocks(ran)),
			...following.map(({ line }): Block => ({ line: { say: t`Then:`, line } })),
		]);
	}
	const all = inOrder([...fixes, ...following]);
	if (ready.length === 0 || flags["dry-run"]) {
		const steps = all.map(({ line, ids }): RepairStep => ({ ...line, ids, state: "planned", why: null }));
		return { examination: first, fix: { steps: [...steps, ...refused, ...byUser(told, [], stopClients)], mended: [] } };
	}
	await context.shell.agree({
		question: plural(all.length, {
			one: "Run this command?",
			other: `Run these ${all.length} commands?`,
		}),
	});
	const steps: RepairStep[] = [];
	const done: CommandLine[] = [];
	for (const fix of all) {
		const ran = await runLine(context, fix.line, { yes: true });
		for (const warning of ran.warnings) context.shell.warn(warning);
		steps.push(stepOf(ran, fix.ids, ran.error === undefined ? "done" : "failed"));
		if (ran.error === undefined) done.push(ran.line);
	}
	const examination = await lookAgain();
	const left = examination.findings.filter(({ suppressed }) => suppressed === null);
	return {
		examination,
		fix: { steps: [...steps, ...refused, ...byUser(left, done, stopClients)], mended: mended(first, examination) },
	};
}

/** What is left for users: after what was done, and where nothing else was wrong. */
function byUser(left: readonly ToldFinding[], done: readonly CommandLine[], stopClients: boolean): RepairStep[] {
	const restart = t`restart the client in the user's session`;
	const start = t`start the client in the user's session`;
	const after = stepsAfter(done).map((line) => ({ line, ids: [] as string[], why: stopClients ? start : restart }));
	const known = new Set(after.flatMap(({ line }) => line.words));
	const others = startsOf(left)
		.filter(({ line }) => !line.words.some((user) => known.has(user)))
		.map(({ line, ids, isRunning }) => ({ line, ids, why: isRunning ? restart : start }));
	return [...after, ...others].map(({ line, ids, why }) => ({ ...line, ids, why, state: "by-user" }));
}

const stepOf = ({ line, error }: RanLine, ids: string[], state: RepairStep["state"]): RepairStep => ({
	...{ ...line, ids, why: error?.message ?? null },
	state,
});

/** What each command would do once those before it were run; a command that would be refused is not run. */
async function preview(context: Context, fixes: readonly Fix[]) {
	const ready: { fix: Fix; ran: RanLine }[] = [];
	const refused: RepairStep[] = [];
	const promised: PromisedId[] = [];
	for (const fix of fixes) {
		const ran = await runLine(context, fix.line, { "dry-run": true }, promised);
		if (ran.error === undefined) ready.push({ fix, ran });
		else refused.push(stepOf(ran, fix.ids, "refused"));
		if (isGiving(fix.line) && ran.result !== undefined) {
			const { environment, allocations } = ran.result as Pick<AllocationAnswer, "environment" | "allocations">;
			promised.push(...allocations.map(({ id }) => ({ environment, id })));
		}
	}
	return { ready, refused };
}

function planBlocks({ line, blocks }: RanLine): Block[] {
	return [{ line: { say: t`Plan:`, line } }, ...blocks];
}

const stepWords: Readonly<Record<RepairStep["state"], () => string>> = {
	planned: () => t`planned:`,
	done: () => t`done:`,
	failed: () => t`failed:`,
	refused: () => t`not possible:`,
	"by-user": () => t`still to do:`,
};

/** What a repair did, line by line, and what it may claim. */
export function repairBlocks({ steps, mended }: Repair): Block[] {
	return [
		...steps.flatMap(({ state, why, ids: _, ...line }): Block[] => [
			{
				line: { say: `${stepWords[state]()}${why === null ? "" : ` ${why.replace(/\.$/, "")}:`}`, line } satisfies Hint,
				tone: state === "done" ? "good" : "caution",
			},
		]),
		...mended.map(({ id, title, text }): Block => ({ line: `${t`mended`}   ${id}  ${title}: ${text}`, tone: "good" })),
	];
}
