import { t } from "../../lib/text.js";
import type { EditOptions } from "../../lib/webid/stores.js";

/** How long backups are kept when nobody says. */
const defaultKeepDays = 30;

export const keepDaysFlag = {
	"keep-days": {
		kind: "integer",
		value: "N",
		least: 1,
		most: 3650,
		summary: t`Days to keep the backups (30)`,
	},
} as const;

/** How a command writes: all at one time, and its backups together are one batch. */
export function writeOptions(flags: { "keep-days"?: number | undefined }, now: Date): Omit<EditOptions, "dryRun"> {
	return { now, keepDays: flags["keep-days"] ?? defaultKeepDays, batch: crypto.randomUUID() };
}
