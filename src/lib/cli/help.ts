import { t } from "../text.js";
import type { AnyCommand } from "./definition.js";
import { exitCodeMeanings } from "./exit-codes.js";

/** The help topics that are not commands. */
export const helpTopics: Readonly<Record<string, { summary: string; text: () => string }>> = {
	"exit-codes": { summary: t`What every exit code means`, text: exitCodesPage },
	json: { summary: t`What --json prints`, text: jsonPage },
};

/** The page that `cfm` alone prints; made when the program is built. */
export function rootHelp(
	version: string,
	commands: Readonly<Record<string, AnyCommand>>,
	topics: Readonly<Record<string, { description: string }>>,
): string {
	const single = Object.keys(commands).filter((id) => !id.includes(" "));
	const lines = (rows: (readonly [string, string])[]) =>
		rows.map(([name, summary]) => `  ${name.padEnd(14)}${summary}`);
	return `${[
		t`cfm ${version}: IDs, installation and checks of CertifiO Manager – Server Edition for many users`,
		"",
		t`USAGE`,
		`  $ cfm COMMAND`,
		"",
		t`TOPICS`,
		...lines(
			Object.entries(topics)
				.filter(([name]) => !name.includes(" "))
				.map(([name, { description }]) => [name, description] as const),
		),
		"",
		t`COMMANDS`,
		...lines(single.map((id) => [id, commands[id]?.summary ?? ""] as const)),
		"",
		t`HELP`,
		...lines([
			["cfm TOPIC -h", t`The commands of a topic`],
			["cfm help X", t`${Object.keys(helpTopics).join(", ")}, or a command`],
		]),
	].join("\n")}\n`;
}

function exitCodesPage(): string {
	const rows = exitCodeMeanings.map(
		({ code, kind, meaning }) => `  ${String(code).padStart(3)}  ${kind.padEnd(12)} ${meaning}`,
	);
	return `${[
		t`The exit code is the same with and without --json. With --json the second column is "kind".`,
		"",
		...rows,
	].join("\n")}\n`;
}

function jsonPage(): string {
	return `${[
		t`--json prints exactly one object on one line of stdout, in ASCII (other characters are escaped):`,
		"",
		`  {"ok": true, "result": {...}, "warnings": []}`,
		`  {"ok": false, "error": {"kind", "code", "message", "hints": [], "remedies": [], "data": {}},`,
		`   "warnings": []}`,
		"",
		t`Lists are arrays in "result", with "total" beside them. Times are ISO 8601 in UTC.`,
		t`After exit code 8 or 9 the object has both "error" and "result".`,
		t`"kind" decides the exit code (cfm help exit-codes); "code" names the case and never changes.`,
		t`Fields are added over time, never renamed or removed. --pretty indents.`,
	].join("\n")}\n`;
}
