import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { XMLBuilder, XMLParser } from "fast-xml-parser";
import { known, unknown } from "../../known.js";
import type { Job, Scheduler, SeenTask, Task } from "../../schedule/task.js";
import { t } from "../../text.js";
import { seenProgram } from "../files/program.js";
import { makeWorkFolder } from "../files/work-folder.js";
import { ask } from "../processes/start.js";
import { systemProgram } from "../processes/system.js";
import { notAdministrator, schedulerFailed } from "./failures.js";

/** SYSTEM, whatever it is called here. */
const system = "S-1-5-18";

/** Attributes begin with `@`; texts stay texts. */
const xml = { ignoreAttributes: false, attributeNamePrefix: "@" } as const;

/** A word as CommandLineToArgvW reads it. */
function argument(word: string): string {
	if (/^[^\s"]+$/.test(word)) return word;
	return `"${word.replace(/(\\*)"/g, '$1$1\\"').replace(/(\\+)$/, "$1$1")}"`;
}

const partsOf = ({ program, words }: Pick<Task, "program" | "words">) => {
	const [command = "", ...first] = program;
	return { Command: command, Arguments: [...first, ...words].map(argument).join(" ") };
};

/**
 * A task in the words of Task Scheduler (MS-TSCH, 2.4), elements in the order in which Windows writes them. Times are those of the clock
 * on the wall; what was missed is made up for; a second one does not start while the first one runs.
 */
export function taskXml(task: Task): string {
	const { when, words } = task;
	const daily = { ScheduleByDay: { DaysInterval: "1" } };
	const trigger =
		"at" in when
			? { StartBoundary: `2020-01-01T${when.at}:00`, Enabled: "true", ...daily }
			: {
					Repetition: { Interval: `PT${when.minutes}M`, Duration: "P1D", StopAtDurationEnd: "false" },
					...{ StartBoundary: "2020-01-01T00:00:00", Enabled: "true", ...daily },
				};
	return new XMLBuilder({ ...xml, format: true }).build({
		"?xml": { "@version": "1.0", "@encoding": "UTF-16" },
		Task: {
			"@version": "1.2",
			"@xmlns": "http://schemas.microsoft.com/windows/2004/02/mit/task",
			RegistrationInfo: { Description: `cfm ${words.join(" ")} (written by cfm schedule add)` },
			Triggers: { CalendarTrigger: trigger },
			Principals: { Principal: { "@id": "Author", UserId: system, RunLevel: "HighestAvailable" } },
			Settings: {
				...{ MultipleInstancesPolicy: "IgnoreNew", DisallowStartIfOnBatteries: "false" },
				...{ StopIfGoingOnBatteries: "false", StartWhenAvailable: "true", ExecutionTimeLimit: "PT4H", Enabled: "true" },
			},
			Actions: { "@Context": "Author", Exec: partsOf(task) },
		},
	}) as string;
}

type Text = string | undefined;
interface StoredTask {
	Task?: {
		Triggers?: { CalendarTrigger?: { StartBoundary?: Text; Repetition?: { Interval?: Text } } };
		Principals?: { Principal?: { UserId?: Text } };
		Actions?: { Exec?: { Command?: Text; Arguments?: Text } };
	};
}

/** What a stored task says; what Windows added to it is passed by. */
export function readTask(text: string): SeenTask {
	const parsed = new XMLParser({ ...xml, parseTagValue: false }).parse(text.replace(/^\uFEFF/, "")) as StoredTask;
	const { Triggers, Principals, Actions } = parsed.Task ?? {};
	const { StartBoundary = "", Repetition } = Triggers?.CalendarTrigger ?? {};
	const { Command = "", Arguments = "" } = Actions?.Exec ?? {};
	return {
		command: [argument(Command), Arguments].join(" ").trim(),
		when: Repetition?.Interval ?? StartBoundary.slice(11, 16),
		account: Principals?.Principal?.UserId ?? "",
	};
}

/** Windows' Task Scheduler, by its program: the names and the XML that it prints are the same in every language. */
export function taskScheduler(isAdministrator: () => Promise<boolean>): Scheduler {
	const name = (job: Job) => `\\cfm\\${job}`;
	const schtasks = (...words: string[]) =>
		ask(systemProgram("schtasks.exe"), words, { timeout: 30_000, errors: true, encoding: "latin1" });
	return {
		kind: "task-scheduler",
		async program() {
			const { folder, open } = await seenProgram();
			const launcher = join(folder, "cfm.exe");
			if (!existsSync(launcher)) return { command: [launcher], open: unknown(t`${launcher} is not there`) };
			return { command: [launcher], open };
		},
		async seen(job) {
			const all = await schtasks("/Query", "/FO", "CSV", "/NH");
			if (all.exitCode !== 0) return unknown(all.output.trim() || t`schtasks gave no answer`);
			if (!all.output.includes(`"${name(job)}"`)) return known(null);
			const one = await schtasks("/Query", "/TN", name(job), "/XML");
			return one.exitCode === 0 ? known(readTask(one.output)) : unknown(one.output.trim());
		},
		wanted: (task) => readTask(taskXml(task)),
		async put(task) {
			if (!(await isAdministrator())) throw notAdministrator();
			const folder = await makeWorkFolder();
			try {
				const file = join(folder.path, "task.xml");
				writeFileSync(file, `\uFEFF${taskXml(task)}`, "utf16le");
				const { exitCode, output } = await schtasks("/Create", "/TN", name(task.job), "/XML", file, "/F");
				if (exitCode !== 0) throw schedulerFailed(output.trim());
			} finally {
				folder.discard();
			}
		},
		async remove(job) {
			if (!(await isAdministrator())) throw notAdministrator();
			const { exitCode, output } = await schtasks("/Delete", "/TN", name(job), "/F");
			if (exitCode !== 0) throw schedulerFailed(output.trim());
		},
	};
}
