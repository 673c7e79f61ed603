import { readFileSync } from "node:fs";
import { join } from "node:path";
import { known, unknown } from "../../known.js";
import type { Job, Scheduler, Task } from "../../schedule/task.js";
import { codeOf } from "../../system-errors.js";
import { removeIfThere } from "../disk/names.js";
import { schedulerDenied } from "./failures.js";
import { linuxProgram } from "./linux-program.js";
import { replaceFile } from "./replace-file.js";

/** A word for the shell that cron starts; cron itself takes % for the end of a line. */
function shellWord(word: string): string {
	const quoted = /^[\w@+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
	return quoted.replaceAll("%", "\\%");
}

const commandOf = ({ program, words }: Pick<Task, "program" | "words">): string =>
	[...program, ...words].map(shellWord).join(" ");

function whenOf({ when }: Pick<Task, "when">): string {
	if ("minutes" in when) return `*/${when.minutes} * * * *`;
	const [hour, minute] = when.at.split(":").map(Number);
	return `${minute} ${hour} * * *`;
}

/** A file of /etc/cron.d, which has the account before the command. */
export function cronFile(task: Task): string {
	return `# Written by cfm schedule add.\n${whenOf(task)} root ${commandOf(task)} >/dev/null 2>&1\n`;
}

/** cron, where there is no systemd. @param folder tests have their own */
export function cronScheduler({ folder = "/etc/cron.d" } = {}): Scheduler {
	const file = (job: Job) => join(folder, `cfm-${job}`);
	return {
		kind: "cron",
		program: linuxProgram,
		async seen(job) {
			try {
				const line = /^((?:\S+ ){5})(\S+) (.*) >\/dev\/null 2>&1$/m.exec(readFileSync(file(job), "utf8"));
				if (line === null) return known({ command: "", when: "", account: "" });
				const [, when = "", account = "", command = ""] = line;
				return known({ command, when: when.trim(), account });
			} catch (error) {
				return codeOf(error) === "ENOENT" ? known(null) : unknown((error as Error).message);
			}
		},
		wanted: (task) => ({ command: commandOf(task), when: whenOf(task), account: "root" }),
		async put(task) {
			try {
				replaceFile(file(task.job), cronFile(task));
			} catch (error) {
				throw schedulerDenied(error);
			}
		},
		async remove(job) {
			try {
				removeIfThere(file(job));
			} catch (error) {
				throw schedulerDenied(error);
			}
		},
	};
}
