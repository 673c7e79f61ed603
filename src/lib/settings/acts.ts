import { line } from "../command-line.js";
import type { ActKind } from "../operation/act.js";

export const settingActs: readonly ActKind[] = [
	{
		actions: ["config.set"],
		undoneBy({ subject, before }) {
			const key = subject.replace(/^setting /, "");
			const value = (before as { value?: string | null } | null)?.value ?? null;
			return [
				value === null
					? line("config set", [key], { unset: true, machine: true })
					: line("config set", [key, value], { machine: true }),
			];
		},
	},
];
