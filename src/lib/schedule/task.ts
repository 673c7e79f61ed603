import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import { t } from "../text.js";

/** What can be scheduled. */
export const jobs = ["notify", "audit", "backup"] as const;
export type Job = (typeof jobs)[number];

/** Every so many minutes, or each day at a local time (`07:00`). */
export type When = { minutes: number } | { at: string };

/** A command of `cfm` that the machine starts by itself, as its most powerful account (root, SYSTEM). */
export interface Task {
	job: Job;
	/** The program with the words that come before those of the command; each by its full path. */
	program: readonly string[];
	/** The words of the command. */
	words: readonly string[];
	when: When;
}

/** A task as the scheduler has it, in its own words. */
export interface SeenTask {
	/** What it starts. */
	command: string;
	when: string;
	account: string;
}

/** The files of `cfm` as a scheduler would start them. */
export interface InstalledProgram {
	command: readonly string[];
	/** Why somebody else than administrators could change what runs; null when nobody can. */
	open: Known<string | null>;
}

/** What starts programs on this machine at a time. */
export interface Scheduler {
	readonly kind: "task-scheduler" | "systemd" | "cron";
	program(): Promise<InstalledProgram>;
	/** Null: it has no task of that name. */
	seen(job: Job): Promise<Known<SeenTask | null>>;
	/** How it would tell of a task. */
	wanted(task: Task): SeenTask;
	/** @throws CfmError denied `scheduler-denied`; unavailable `scheduler-failed` */
	put(task: Task): Promise<void>;
	/** @throws CfmError as `put` */
	remove(job: Job): Promise<void>;
}

/** What each job runs, and when unless somebody says otherwise. */
export const jobDefaults: Readonly<Record<Job, Pick<Task, "words" | "when">>> = {
	notify: { words: ["notify", "run"], when: { minutes: 15 } },
	audit: { words: ["audit"], when: { at: "05:00" } },
	backup: { words: ["registry", "backup", "--keep", "14"], when: { at: "04:30" } },
};

/** @throws CfmError usage `no-such-job` */
export function parseJob(text: string): Job {
	const found = jobs.find((job) => job === text);
	if (found !== undefined) return found;
	throw new CfmError("usage", "no-such-job", t`Not a job: ${text.slice(0, 40)}.`, {
		hints: [t`Specify notify, audit or backup.`],
	});
}

/**
 * Reads a time of the day. Between midnight and four clocks are put forward and back: a time there may not come, or come twice.
 *
 * @throws CfmError usage `bad-time`
 */
export function parseTime(text: string): string {
	if (/^(0[4-9]|1\d|2[0-3]):[0-5]\d$/.test(text)) return text;
	throw new CfmError("usage", "bad-time", t`Not a time for a job: ${text.slice(0, 20)}.`, {
		hints: [t`Write it as 07:00, from 04:00 to 23:59: earlier, clocks are put forward and back.`],
	});
}

/** How often or at what time, for people. */
export function whenText(when: When): string {
	return "at" in when ? t`each day at ${when.at}` : t`every ${when.minutes} minutes`;
}
