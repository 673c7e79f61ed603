import { line } from "../command-line.js";
import type { ActKind } from "../operation/act.js";
import { t } from "../text.js";

/** Each write of web IDs left backups, which know more than an event tells. */
export const webIdActs: readonly ActKind[] = [
	{
		actions: ["web.set", "web.clear", "web.remove", "web.restore", "web.repair"],
		undoneBy: () => [
			line("web backups list"),
			{ say: t`To undo one of them:`, line: line("web backups restore", [{ fill: "BACKUP" }]) },
		],
	},
];
