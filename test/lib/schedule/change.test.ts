import { expect, it } from "vitest";
import { known, unknown } from "../../../src/lib/known.js";
import { scheduleJob, unscheduleJob } from "../../../src/lib/schedule/change.js";
import { type Job, jobDefaults, parseTime, type Scheduler, type SeenTask } from "../../../src/lib/schedule/task.js";
import { failure } from "../failure.js";

function aScheduler(own: Partial<Scheduler> = {}): Scheduler & { tasks: Map<Job, SeenTask> } {
	const tasks = new Map<Job, SeenTask>();
	const wanted: Scheduler["wanted"] = ({ program, words }) => ({
		...{ command: [...program, ...words].join(" "), when: "daily", account: "root" },
	});
	return {
		...{ kind: "cron", tasks, wanted },
		program: async () => ({ command: ["/opt/cfm"], open: known(null) }),
		seen: async (job) => known(tasks.get(job) ?? null),
		put: async (task) => void tasks.set(task.job, wanted(task)),
		remove: async (job) => void tasks.delete(job),
		...own,
	};
}

async function carry(scheduler: Scheduler, job: Job, remove = false) {
	const operation = remove ? unscheduleJob(scheduler, job) : scheduleJob(scheduler, { job, ...jobDefaults[job] });
	const plan = await operation.plan();
	if (!operation.needed(plan)) return operation.answer(plan).outcome;
	return operation.answer(plan, await operation.apply(plan)).outcome;
}

it("schedules a job once, anew when it is otherwise, and removes it once", async () => {
	const scheduler = aScheduler();
	expect(await carry(scheduler, "backup")).toBe("added");
	expect(scheduler.tasks.get("backup")?.command).toBe("/opt/cfm registry backup --keep 14");
	expect(await carry(scheduler, "backup")).toBe("already-so");
	scheduler.tasks.set("backup", { command: "/tmp/evil", when: "daily", account: "root" });
	expect(await carry(scheduler, "backup")).toBe("changed");
	expect(await carry(scheduler, "backup", true)).toBe("removed");
	expect(await carry(scheduler, "backup", true)).toBe("already-so");
});

it("plans, but never schedules, a program that others can change, or of which that can't be determined", async () => {
	for (const open of [known("/opt can be written by other users"), unknown("no list")]) {
		const scheduler = aScheduler({ program: async () => ({ command: ["/opt/cfm"], open }) });
		const operation = scheduleJob(scheduler, { job: "notify", ...jobDefaults.notify });
		const plan = await operation.plan();
		expect(operation.answer(plan)).toMatchObject({
			...{ outcome: "planned", task: { command: "/opt/cfm notify run" }, refused: { code: "program-open-to-others" } },
		});
		expect(await failure(() => operation.apply(plan))).toMatchObject({
			kind: "denied",
			code: "program-open-to-others",
		});
		expect(scheduler.tasks.size).toBe(0);
	}
});

it("does not take silence for none", async () => {
	const scheduler = aScheduler({ seen: async () => unknown("no answer") });
	for (const remove of [false, true])
		expect(await failure(() => carry(scheduler, "notify", remove))).toMatchObject({ code: "scheduler-failed" });
});

it("takes no time at which clocks are put forward or back", async () => {
	expect([parseTime("04:00"), parseTime("23:59")]).toEqual(["04:00", "23:59"]);
	for (const text of ["02:30", "00:00", "24:00", "7:00", "07:60", "07:00:00"])
		expect((await failure(async () => parseTime(text))).code).toBe("bad-time");
});
