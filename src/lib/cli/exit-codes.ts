import type { ErrorKind } from "../errors.js";
import { t } from "../text.js";

/** The exit code of every kind of error: a promise to scripts, the same with and without `--json`. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
	fault: 1,
	usage: 2,
	"not-found": 3,
	conflict: 4,
	denied: 5,
	busy: 6,
	unavailable: 7,
	findings: 8,
	partial: 9,
	cancelled: 130,
};

/** What `cfm help exit-codes` prints, code by code. */
export const exitCodeMeanings: readonly { code: number; kind: string; meaning: string }[] = [
	{ code: 0, kind: "", meaning: t`Done, or already so` },
	{ code: 1, kind: "fault", meaning: t`An unexpected fault of cfm; the message names the log` },
	{ code: 2, kind: "usage", meaning: t`The command line or its input is wrong; nothing was changed` },
	{ code: 3, kind: "not-found", meaning: t`What the command is about does not exist` },
	{ code: 4, kind: "conflict", meaning: t`A conflict: ID taken, range full, duplicate` },
	{ code: 5, kind: "denied", meaning: t`Permission is missing, or a secret is wrong` },
	{ code: 6, kind: "busy", meaning: t`Busy or locked; try again` },
	{ code: 7, kind: "unavailable", meaning: t`A device, host, service or program did not answer or failed` },
	{ code: 8, kind: "findings", meaning: t`A check found something at or above the severity asked for` },
	{ code: 9, kind: "partial", meaning: t`A batch partly failed; the result says which part` },
	{ code: 130, kind: "cancelled", meaning: t`Cancelled, by Ctrl-C or by answering no` },
];
