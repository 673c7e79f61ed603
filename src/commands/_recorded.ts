import { t } from "../lib/text.js";

/** What a dry run adds to an answer. */
export interface Tried {
	dryRun?: true | undefined;
}

/** What was written down of somebody or something, in a sentence: of a dry run, what would be. */
export function recordedText(what: string, { changed, dryRun }: Tried & { changed: boolean }): string {
	if (!changed) return t`Already so for ${what}.`;
	return dryRun ? t`Would be recorded for ${what}.` : t`Recorded for ${what}.`;
}
