import { thresholds } from "../../lib/doctor/doctor.js";
import { CfmError } from "../../lib/errors.js";
import { t } from "../../lib/text.js";

/** What `doctor` and `audit` have in common: whom, what is looked for, and what is bad enough for a failure. */
export const examinationFlags = {
	user: {
		kind: "text",
		char: "u",
		value: "USER",
		multiple: true,
		summary: t`Only users that match; * and ? are wildcards`,
	},
	only: {
		kind: "text",
		of: "finding",
		value: "ID",
		multiple: true,
		summary: t`Run only this check, by ID; repeatable`,
	},
	skip: { kind: "text", of: "finding", value: "ID", multiple: true, summary: t`Skip this check, by ID; repeatable` },
	"list-checks": { kind: "boolean", summary: t`List the checks, and run none` },
	fix: { kind: "boolean", summary: t`Fix what was found, and look again` },
	"stop-clients": { kind: "boolean", summary: t`With --fix: end running clients that must take another ID` },
	"fail-on": {
		kind: "text",
		value: "SEVERITY",
		choices: thresholds,
		summary: t`The least severity for exit code 8 (error)`,
	},
	environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
} as const;

/** @throws CfmError usage `missing-flag` */
export function refuseStopAlone(flags: { fix: boolean; "stop-clients": boolean }): void {
	if (flags.fix || !flags["stop-clients"]) return;
	throw new CfmError("usage", "missing-flag", t`--stop-clients is for --fix.`, {
		hints: [{ again: { fix: true } }],
	});
}

const { only, skip, environment } = examinationFlags;

/** What an examination takes that is kept, or compared with a kept one. */
export const baselineFlags = { only, skip, environment } as const;
