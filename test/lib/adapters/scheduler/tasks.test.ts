import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cronFile, cronScheduler } from "../../../../src/lib/adapters/scheduler/cron.js";
import { serviceUnit, systemdScheduler, timerUnit } from "../../../../src/lib/adapters/scheduler/systemd.js";
import { readTask, taskXml } from "../../../../src/lib/adapters/scheduler/task-scheduler.js";
import type { Task } from "../../../../src/lib/schedule/task.js";
import { makeFolder } from "../../../folders.js";

const notify: Task = {
	...{ job: "notify", program: [process.execPath, "/opt/cfm/bin/run.cjs"], words: ["notify", "run"] },
	when: { minutes: 15 },
};
const audit: Task = { ...notify, job: "audit", words: ["audit"], when: { at: "06:30" } };
/** A path that means something to whoever reads carelessly. */
const odd: Task = { ...notify, program: ["/opt/a b$HOME%n\"';\\x/cfm"], words: ["notify", "run"] };

let folder: string;
beforeAll(() => {
	folder = makeFolder("scheduler");
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("systemd", () => {
	const hasAnalyze = spawnSync("systemd-analyze", ["--version"]).status === 0;

	it.skipIf(!hasAnalyze)("takes the units as they are, by its own check", () => {
		for (const task of [notify, audit]) {
			const file = (kind: string) => join(folder, `cfm-${task.job}.${kind}`);
			writeFileSync(file("service"), serviceUnit(task));
			writeFileSync(file("timer"), timerUnit(task));
			const checked = spawnSync("systemd-analyze", ["verify", "--man=no", file("timer"), file("service")], {
				encoding: "utf8",
			});
			// It also tells of units of the machine.
			expect(checked.stderr.split("\n").filter((line) => line.includes("cfm-"))).toEqual([]);
		}
	});

	it("starts what it was told, whatever the path", () => {
		expect(serviceUnit(odd)).toContain(`ExecStart="/opt/a b$$HOME%%n\\"';\\\\x/cfm" notify run\n`);
		expect(timerUnit(notify)).toContain("OnCalendar=*:0/15\n");
		expect(timerUnit(audit)).toContain("OnCalendar=*-*-* 06:30:00\n");
	});

	it("tells of a task as it would be written, and of none when it was removed", async () => {
		const own = join(folder, "units");
		const systemd = systemdScheduler({ folder: own, systemctl: "/bin/true" });
		expect(await systemd.seen("notify")).toEqual({ known: true, value: null });
		await systemd.put(odd);
		await systemd.put(notify);
		expect(await systemd.seen("notify")).toEqual({ known: true, value: systemd.wanted(notify) });
		expect(readdirSync(own).sort()).toEqual(["cfm-notify.service", "cfm-notify.timer"]);
		await systemd.remove("notify");
		expect(await systemd.seen("notify")).toEqual({ known: true, value: null });
	});

	it("leaves nothing behind, or what was there before, when systemctl does not take it", async () => {
		const own = join(folder, "half");
		const systemctl = join(folder, "systemctl-that-enables-nothing");
		writeFileSync(systemctl, '#!/bin/sh\necho "$*" >> "$0.log"\n[ "$1" != enable ] || { echo "no" >&2; exit 1; }\n', {
			mode: 0o755,
		});
		const failing = systemdScheduler({ folder: own, systemctl });
		await expect(failing.put(notify)).rejects.toMatchObject({ code: "scheduler-failed" });
		expect(readdirSync(own)).toEqual([]);
		const asked = readFileSync(`${systemctl}.log`, "utf8").trim().split("\n");
		expect(asked.slice(-2)).toEqual(["disable --now cfm-notify.timer", "daemon-reload"]);
		const systemd = systemdScheduler({ folder: own, systemctl: "/bin/true" });
		const hourly = { ...notify, when: { minutes: 60 } };
		await systemd.put(hourly);
		await expect(failing.put(notify)).rejects.toMatchObject({ code: "scheduler-failed" });
		expect(await systemd.seen("notify")).toEqual({ known: true, value: systemd.wanted(hourly) });
	});

	it("says what systemctl says when it does not take it", async () => {
		const systemd = systemdScheduler({ folder: join(folder, "more"), systemctl: "/bin/false" });
		await expect(systemd.put(notify)).rejects.toMatchObject({ code: "scheduler-failed", kind: "unavailable" });
	});
});

describe("cron", () => {
	it("has one line, in the words of its shell", async () => {
		const [, line = ""] = cronFile(odd).split("\n");
		const [, command = ""] = /^\*\/15 \* \* \* \* root (.*) >\/dev\/null 2>&1$/.exec(line) ?? [];
		// cron takes the backslash from a percent sign, and gives the rest to sh.
		const words = execFileSync("/bin/sh", ["-c", `printf '%s\\n' ${command.replaceAll("\\%", "%")}`], {
			encoding: "utf8",
		});
		expect(words).toBe(`${[...odd.program, ...odd.words].join("\n")}\n`);
		expect(cronFile(audit)).toContain("\n30 6 * * * root ");
	});

	it("tells of a task as it would be written, and of none when it was removed", async () => {
		const cron = cronScheduler({ folder });
		expect(await cron.seen("audit")).toEqual({ known: true, value: null });
		await cron.put(audit);
		expect(await cron.seen("audit")).toEqual({ known: true, value: cron.wanted(audit) });
		writeFileSync(join(folder, "cfm-audit"), "something else\n");
		expect(await cron.seen("audit")).not.toEqual({ known: true, value: cron.wanted(audit) });
		await cron.remove("audit");
		expect(await cron.seen("audit")).toEqual({ known: true, value: null });
	});
});

describe("Task Scheduler", () => {
	const windows: Task = { ...notify, program: ["C:\\Program Files\\a & b <c>\\cfm.exe"] };

	it("has a task that says what was meant, also as Windows tells it again", () => {
		const wanted = { command: '"C:\\Program Files\\a & b <c>\\cfm.exe" notify run', account: "S-1-5-18" };
		expect(readTask(taskXml(windows))).toEqual({ ...wanted, when: "PT15M" });
		expect(readTask(taskXml({ ...windows, when: { at: "06:30" } }))).toEqual({ ...wanted, when: "06:30" });
		const told = readFileSync(join(import.meta.dirname, "task-as-windows-tells-it.xml"), "utf8");
		expect(readTask(told)).toEqual({ command: "C:\\cfm\\cfm.exe notify run", when: "PT15M", account: "S-1-5-18" });
	});

	it("does not start twice, makes up for what was missed, and escapes every name", () => {
		const xml = taskXml(windows);
		expect(xml).toContain("<Command>C:\\Program Files\\a &amp; b &lt;c&gt;\\cfm.exe</Command>");
		expect(xml).toContain("<MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>");
		expect(xml).toContain("<StartWhenAvailable>true</StartWhenAvailable>");
		expect(xml.startsWith('<?xml version="1.0" encoding="UTF-16"?>')).toBe(true);
	});
});
