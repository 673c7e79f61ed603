import { type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";

/** What an installer's return code means. Sources: Windows Installer error codes, Intune's defaults, NSIS. */
export type ReturnMeaning =
	| { outcome: "success"; rebootRequired: boolean }
	| { outcome: "busy" }
	/** `environment` is the one that the hints act on. */
	| { outcome: "failure"; error: (code: number, environment: string) => CfmError };

const failure = (
	kind: "conflict" | "unavailable",
	code: string,
	say: (returnCode: number) => string,
	hints: (environment: string) => Hint[] = () => [],
) => ({
	outcome: "failure" as const,
	error: (returnCode: number, environment: string) =>
		new CfmError(kind, code, say(returnCode), { hints: hints(environment), data: { returnCode } }),
});

const meanings: Readonly<Record<number, ReturnMeaning>> = {
	0: { outcome: "success", rebootRequired: false },
	1707: { outcome: "success", rebootRequired: false },
	3010: { outcome: "success", rebootRequired: true },
	1641: { outcome: "success", rebootRequired: true },
	1618: { outcome: "busy" },
	1: failure("unavailable", "installer-cancelled", () => t`The installer was cancelled (return code 1).`),
	2: failure(
		"unavailable",
		"installer-aborted",
		() => t`The installer aborted (return code 2).`,
		() => [t`Run it once without --silent to see why.`],
	),
	1602: failure("unavailable", "installer-cancelled", () => t`The installer was cancelled (return code 1602).`),
	1605: failure(
		"unavailable",
		"not-installed",
		() => t`The installer reports that the client is not installed (return code 1605).`,
	),
	1638: failure(
		"conflict",
		"other-version",
		() => t`Another version of the client is installed (return code 1638).`,
		(environment) => [line("uninstall", [], { environment })],
	),
};

/** Says what a return code means; one that is in no table is a failure. */
export function meaningOf(returnCode: number): ReturnMeaning {
	return (
		meanings[returnCode] ??
		failure(
			"unavailable",
			"installer-failed",
			(code) => t`The installer failed with return code ${code}.`,
			() => [t`Run it once without --silent to see why.`],
		)
	);
}
