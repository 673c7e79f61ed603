import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { known, unknown } from "../../known.js";
import type { Job, Scheduler, SeenTask, Task } from "../../schedule/task.js";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { removeIfThere } from "../disk/names.js";
import { ask } from "../processes/start.js";
import { schedulerDenied, schedulerFailed } from "./failures.js";
import { linuxProgram } from "./linux-program.js";
import { replaceFile } from "./replace-file.js";

const unitFolder = "/etc/systemd/system";

/**
 * A word of ExecStart (systemd.service, "Command lines"): in quotation marks, `\` and `"` escaped, and neither a specifier nor a
 * variable.
 */
function execWord(word: string): string {
	const escaped = word.replace(/[\\"]/g, "\\$&").replaceAll("%", "%%").replaceAll("$", "$$$$");
	return /^[\w@+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`;
}

/** The command as ExecStart has it. */
export const execLine = ({ program, words }: Pick<Task, "program" | "words">): string =>
	[...program, ...words].map(execWord).join(" ");

/** When, as OnCalendar has it; by the clock on the wall. */
export const onCalendar = ({ when }: Pick<Task, "when">): string =>
	"at" in when ? `*-*-* ${when.at}:00` : `*:0/${when.minutes}`;

/** The unit of the command. That something was found, or that some mail waits, is no failure of the unit. */
export function serviceUnit(task: Task): string {
	return `# Written by cfm schedule add.
[Unit]
Description=cfm ${task.words.join(" ")}
Wants=network-online.target
After=network-online.target

[Service]
Type=oneshot
ExecStart=${execLine(task)}
SuccessExitStatus=8
NoNewPrivileges=true
ProtectSystem=full
`;
}

/** The unit that starts it; what was missed while the machine was off is made up for. */
export function timerUnit(task: Task): string {
	return `# Written by cfm schedule add.
[Unit]
Description=Starts cfm ${task.words.join(" ")}

[Timer]
OnCalendar=${onCalendar(task)}
Persistent=true
RandomizedDelaySec=30

[Install]
WantedBy=timers.target
`;
}

/** systemd's timers. @param folder where its units are; tests have their own */
export function systemdScheduler({
	folder = unitFolder,
	systemctl = "/usr/bin/systemctl",
}: {
	folder?: string;
	systemctl?: string;
} = {}): Scheduler {
	const file = (job: Job, kind: "service" | "timer") => join(folder, `cfm-${job}.${kind}`);
	const control = async (...words: string[]) => {
		const { exitCode, output } = await ask(systemctl, words, { timeout: 30_000, errors: true });
		if (exitCode !== 0) throw schedulerFailed(output.trim() || `systemctl ${words.join(" ")}`);
	};
	const kinds = ["service", "timer"] as const;
	const contentOf = (path: string) => (existsSync(path) ? readFileSync(path, "utf8") : null);
	/** Puts the units back as they were: a timer that systemd did not take would start with the machine. */
	const restore = async (job: Job, before: Readonly<Record<(typeof kinds)[number], string | null>>) => {
		// It may have been enabled before it could not be started.
		if (before.timer === null) await control("disable", "--now", `cfm-${job}.timer`).catch(() => {});
		for (const kind of kinds) {
			const content = before[kind];
			if (content === null) removeIfThere(file(job, kind));
			else replaceFile(file(job, kind), content);
		}
		await control("daemon-reload").catch(() => {});
		if (before.timer !== null) await control("enable", "--now", `cfm-${job}.timer`).catch(() => {});
	};
	return {
		kind: "systemd",
		program: linuxProgram,
		async seen(job) {
			try {
				if (!existsSync(file(job, "timer"))) return known(null);
				const lineOf = (kind: "service" | "timer", key: string) =>
					new RegExp(`^${key}=(.*)$`, "m").exec(readFileSync(file(job, kind), "utf8"))?.[1] ?? "";
				const seen: SeenTask = {
					...{ command: lineOf("service", "ExecStart"), when: lineOf("timer", "OnCalendar"), account: "root" },
				};
				return known(seen);
			} catch (error) {
				return unknown((error as Error).message);
			}
		},
		wanted: (task) => ({ command: execLine(task), when: onCalendar(task), account: "root" }),
		async put(task) {
			const { job } = task;
			const before = { service: contentOf(file(job, "service")), timer: contentOf(file(job, "timer")) };
			try {
				mkdirSync(folder, { recursive: true });
				replaceFile(file(job, "service"), serviceUnit(task));
				replaceFile(file(job, "timer"), timerUnit(task));
				await control("daemon-reload");
				await control("enable", "--now", `cfm-${job}.timer`);
			} catch (error) {
				const failed = schedulerDenied(error);
				try {
					await restore(job, before);
				} catch (left) {
					throw schedulerFailed(
						t`${failed.message} What is in ${folder} could not be put back: ${(left as Error).message}`,
					);
				}
				throw failed;
			}
		},
		async remove(job) {
			await control("disable", "--now", `cfm-${job}.timer`);
			try {
				for (const kind of ["timer", "service"] as const) removeIfThere(file(job, kind));
			} catch (error) {
				if (codeOf(error) === "") throw error;
				throw schedulerDenied(error);
			}
			await control("daemon-reload");
		},
	};
}
