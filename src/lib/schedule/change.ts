import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { ActKind } from "../operation/act.js";
import { became, intended, type OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import { type Job, jobs, type Scheduler, type SeenTask, type Task, type When, whenText } from "./task.js";

export interface ScheduleAnswer {
	job: Job;
	scheduler: Scheduler["kind"];
	/** As the scheduler has it, or would; null when it is not scheduled. */
	task: SeenTask | null;
	outcome: "added" | "changed" | "removed" | "already-so" | "planned";
	/** Of a dry run: why it would be refused; null when it would not. */
	refused: { code: string; message: string } | null;
}

interface SchedulePlan {
	before: SeenTask | null;
	after: SeenTask | null;
	task: Task | null;
	/** Why it can't be done; a dry run tells the plan all the same. */
	refusal: CfmError | undefined;
}

export const scheduleActs: readonly ActKind[] = [
	{ actions: ["schedule.add"], undoneBy: ({ subject }) => [line("schedule remove", [jobOf(subject)])] },
	{ actions: ["schedule.remove"], undoneBy: ({ subject }) => [line("schedule add", [jobOf(subject)])] },
];

const jobOf = (subject: string): string => subject.replace(/^job /, "");

/** What the scheduler has of a job; where it does not say, nothing is changed. */
async function seenOf(scheduler: Scheduler, job: Job): Promise<Pick<SchedulePlan, "before" | "refusal">> {
	const seen = await scheduler.seen(job);
	if (seen.known) return { before: seen.value, refusal: undefined };
	const message = t`The scheduler did not say what it has: ${seen.why}`;
	return { before: null, refusal: new CfmError("unavailable", "scheduler-failed", message) };
}

/**
 * `cfm schedule add`: has the machine start a command of `cfm` by itself. What runs there runs with all rights: only the
 * installed program, which nobody but administrators can change.
 *
 * @throws CfmError denied `program-open-to-others`, `scheduler-denied`; unavailable `scheduler-failed`
 */
export function scheduleJob(
	scheduler: Scheduler,
	request: { job: Job; words: readonly string[]; when: When },
): OutsideOperation<SchedulePlan, true, ScheduleAnswer> {
	const { job, words, when } = request;
	return {
		...common(scheduler, job, "schedule.add"),
		asked: request,
		async plan() {
			const { command, open } = await scheduler.program();
			const task = { job, program: command, words, when };
			const why = open.known ? open.value : open.why;
			const seen = await seenOf(scheduler, job);
			const refusal = why === null ? seen.refusal : openProgram(why);
			return { ...seen, after: scheduler.wanted(task), task, refusal };
		},
		danger: ({ after }) => ({
			question: t`Have this machine run ${after?.command ?? ""} as ${after?.account ?? ""}, ${whenText(when)}?`,
		}),
	};
}

/** `cfm schedule remove`: takes only `cfm`'s own task away. @throws CfmError denied `scheduler-denied`; unavailable `scheduler-failed` */
export function unscheduleJob(scheduler: Scheduler, job: Job): OutsideOperation<SchedulePlan, true, ScheduleAnswer> {
	return {
		...common(scheduler, job, "schedule.remove"),
		asked: { job },
		plan: async () => ({ ...(await seenOf(scheduler, job)), after: null, task: null }),
	};
}

function common(scheduler: Scheduler, job: Job, action: "schedule.add" | "schedule.remove") {
	const act = { action, environment: "", subject: `job ${job}` } as const;
	const isSo = ({ before, after, refusal }: SchedulePlan) => refusal === undefined && isSame(before, after);
	const answer = (plan: SchedulePlan, done?: true): ScheduleAnswer => ({
		...{ job, scheduler: scheduler.kind, task: plan.after },
		outcome: isSo(plan)
			? "already-so"
			: done === undefined
				? "planned"
				: plan.after === null
					? "removed"
					: plan.before === null
						? "added"
						: "changed",
		refused: plan.refusal === undefined ? null : { code: plan.refusal.code, message: plan.refusal.message },
	});
	return {
		needed: (plan: SchedulePlan) => !isSo(plan),
		intent: ({ before, after }: SchedulePlan) => [intended(act, before, { ...after })],
		async apply({ task, refusal }: SchedulePlan) {
			if (refusal !== undefined) throw refusal;
			if (task === null) await scheduler.remove(job);
			else await scheduler.put(task);
			return true as const;
		},
		outcome: async ({ after }: SchedulePlan) => [became(act, { ...after })],
		answer,
	};
}

function isSame(one: SeenTask | null, other: SeenTask | null): boolean {
	if (one === null || other === null) return one === other;
	return one.command === other.command && one.when === other.when && one.account === other.account;
}

function openProgram(why: string): CfmError {
	return new CfmError("denied", "program-open-to-others", t`This cfm is not for a scheduler: ${why}.`, {
		hints: [
			t`Install cfm with its setup program, in a folder that only administrators can write.`,
			line("self check", []),
		],
	});
}

/** A job, and what the scheduler has of it. */
export interface ListedJob {
	job: Job;
	/** Null: can't be determined; `why` says why. */
	scheduled: boolean | null;
	command: string | null;
	when: string | null;
	account: string | null;
	why: string | null;
}

/** `cfm schedule list`: every job that there is, scheduled or not. */
export async function listJobs(scheduler: Scheduler): Promise<ListedJob[]> {
	const listed: ListedJob[] = [];
	for (const job of jobs) {
		const seen = await scheduler.seen(job);
		const none = { command: null, when: null, account: null, why: null };
		if (!seen.known) listed.push({ job, scheduled: null, ...none, why: seen.why });
		else listed.push({ job, scheduled: seen.value !== null, ...none, ...seen.value });
	}
	return listed;
}
