import { type Hint, line } from "../command-line.js";
import { CfmError, type ErrorKind } from "../errors.js";
import { t } from "../text.js";

/**
 * What an installer's return code means. Sources: Windows Installer's and Windows' error codes (winerror.h, ntstatus.h),
 * Intune's defaults, NSIS.
 */
export type ReturnMeaning =
	| { outcome: "success"; rebootRequired: boolean }
	| { outcome: "busy" }
	/** It is not installed: what an uninstaller was asked to do is so already. */
	| { outcome: "failure"; notInstalled: boolean; error: (code: number, environment: string) => CfmError };

/** What is known of a code: its name in Windows' headers, what it says, what to do. */
interface Known {
	name: string;
	say: () => string;
	hints?: (environment: string) => Hint[];
	/** Ours, where a script may want to tell it from others. */
	code?: "installer-cancelled" | "installer-aborted" | "not-installed" | "other-version";
	kind?: ErrorKind;
}

/** The same word of advice for several codes. */
const withoutSilent = () => [t`Run it once without --silent to see why.`];
const asAdministrator = () => [
	t`The client needs no administrators' rights. Ask the vendor for the installer for one user, or run cfm in an elevated window of the user's own account.`,
];
const byPolicy = () => [
	t`Ask whoever manages the policies (Group Policy, AppLocker, App Control) to allow the installer by its publisher or its hash.`,
];
const incomplete = () => [
	t`Download the installer again; if it still fails, install what it needs (the Visual C++ runtime, .NET).`,
];
const otherInstaller = () => [t`Get the installer that is meant for this version of Windows and this processor.`];

const failures: Readonly<Record<number, Known>> = {
	1: { name: "NSIS", code: "installer-cancelled", say: () => t`it was cancelled` },
	2: { name: "NSIS", code: "installer-aborted", say: () => t`its script stopped`, hints: withoutSilent },
	5: { name: "ERROR_ACCESS_DENIED", say: () => t`access was denied`, hints: withoutSilent },
	112: {
		name: "ERROR_DISK_FULL",
		say: () => t`the disk is full`,
		hints: () => [t`Free some space, then run the command again.`],
	},
	193: {
		name: "ERROR_BAD_EXE_FORMAT",
		say: () => t`something it started is no program for this Windows`,
		hints: otherInstaller,
	},
	216: {
		name: "ERROR_EXE_MACHINE_TYPE_MISMATCH",
		say: () => t`it is not for this version of Windows`,
		hints: otherInstaller,
	},
	225: {
		name: "ERROR_VIRUS_INFECTED",
		say: () => t`the virus scanner stopped it`,
		hints: () => [t`Check the history of the virus scanner.`],
	},
	740: { name: "ERROR_ELEVATION_REQUIRED", say: () => t`it needs administrators' rights`, hints: asAdministrator },
	1223: {
		name: "ERROR_CANCELLED",
		code: "installer-cancelled",
		say: () => t`somebody answered no, perhaps to the question about administrators' rights`,
		hints: asAdministrator,
	},
	1260: {
		name: "ERROR_ACCESS_DISABLED_BY_POLICY",
		say: () => t`a policy forbids a program (AppLocker)`,
		hints: byPolicy,
	},
	1601: {
		name: "ERROR_INSTALL_SERVICE_FAILURE",
		say: () => t`Windows Installer did not answer`,
		hints: () => [t`Check that the service msiserver can be started.`],
	},
	1602: { name: "ERROR_INSTALL_USEREXIT", code: "installer-cancelled", say: () => t`it was cancelled` },
	1603: {
		name: "ERROR_INSTALL_FAILURE",
		say: () => t`a fatal error during installation`,
		hints: () => [
			t`Close the client, check that the disk has space and that the folder of the client can be written.`,
			...withoutSilent(),
		],
	},
	1605: {
		name: "ERROR_UNKNOWN_PRODUCT",
		code: "not-installed",
		say: () => t`the client is not installed`,
	},
	1619: { name: "ERROR_INSTALL_PACKAGE_OPEN_FAILED", say: () => t`its package could not be opened`, hints: incomplete },
	1620: { name: "ERROR_INSTALL_PACKAGE_INVALID", say: () => t`its package is damaged`, hints: incomplete },
	1625: { name: "ERROR_INSTALL_PACKAGE_REJECTED", say: () => t`a policy forbids the installation`, hints: byPolicy },
	1633: {
		name: "ERROR_INSTALL_PLATFORM_UNSUPPORTED",
		say: () => t`it is not for this processor`,
		hints: otherInstaller,
	},
	1638: {
		name: "ERROR_PRODUCT_VERSION",
		code: "other-version",
		kind: "conflict",
		say: () => t`another version of the client is installed`,
		hints: (environment) => [line("uninstall", [], { environment })],
	},
	1640: {
		name: "ERROR_INSTALL_REMOTE_DISALLOWED",
		say: () => t`Windows Installer lets only administrators install in a Remote Desktop session`,
		hints: () => [t`Set the policy EnableAdminTSRemote, or put the server into install mode (change user /install).`],
	},
	4551: {
		name: "ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION",
		say: () => t`a policy forbids a program (App Control, WDAC)`,
		hints: byPolicy,
	},
	9009: { name: "cmd.exe", say: () => t`a command that it calls was not found`, hints: incomplete },
	3221225477: { name: "STATUS_ACCESS_VIOLATION", say: () => t`it crashed (access violation)`, hints: incomplete },
	3221225506: { name: "STATUS_ACCESS_DENIED", say: () => t`access was denied`, hints: byPolicy },
	3221225595: {
		name: "STATUS_INVALID_IMAGE_FORMAT",
		say: () => t`a library is for another processor`,
		hints: otherInstaller,
	},
	3221225725: { name: "STATUS_STACK_OVERFLOW", say: () => t`it crashed (stack overflow)`, hints: incomplete },
	3221225781: { name: "STATUS_DLL_NOT_FOUND", say: () => t`a library (DLL) is missing`, hints: incomplete },
	3221225785: {
		name: "STATUS_ENTRYPOINT_NOT_FOUND",
		say: () => t`a library (DLL) is too old or too new`,
		hints: incomplete,
	},
	3221225786: { name: "STATUS_CONTROL_C_EXIT", code: "installer-cancelled", say: () => t`it was cancelled` },
	3221225794: { name: "STATUS_DLL_INIT_FAILED", say: () => t`a library (DLL) could not start`, hints: incomplete },
	3221226505: { name: "STATUS_STACK_BUFFER_OVERRUN", say: () => t`it crashed (fail fast)`, hints: incomplete },
};

const successes: Readonly<Record<number, ReturnMeaning>> = {
	0: { outcome: "success", rebootRequired: false },
	1707: { outcome: "success", rebootRequired: false },
	3010: { outcome: "success", rebootRequired: true },
	1641: { outcome: "success", rebootRequired: true },
	1618: { outcome: "busy" },
};

/** Says what a return code means; one that is in no table is a failure. Wrapped in an HRESULT, it is the code inside. */
export function meaningOf(returnCode: number): ReturnMeaning {
	const inner = plainCode(returnCode);
	const success = successes[inner];
	if (success !== undefined) return success;
	const known = failures[inner];
	const error = (code: number, environment: string) => {
		const told = codeText(code);
		const message =
			known === undefined
				? t`The installer failed with return code ${told}.`
				: t`The installer failed with return code ${told}: ${known.say()}.`;
		return new CfmError(known?.kind ?? "unavailable", known?.code ?? "installer-failed", message, {
			hints: known === undefined ? withoutSilent() : (known.hints?.(environment) ?? []),
			data: codeData(code),
		});
	};
	return { outcome: "failure", notInstalled: known?.code === "not-installed", error };
}

/** What a return code says, as a clause; undefined for one that is in no table. */
export function saying(returnCode: number): string | undefined {
	return failures[plainCode(returnCode)]?.say();
}

/** A code as it stands in logs and in web searches: decimal, hexadecimal, and, where it has one, with a sign. */
export function codeText(returnCode: number): string {
	const { hex, signed } = formsOf(returnCode);
	return signed === null ? `${returnCode >>> 0} (${hex})` : `${returnCode >>> 0} (${hex}, ${signed})`;
}

/** The same for a script. */
export function codeData(returnCode: number) {
	const inner = plainCode(returnCode);
	return { returnCode, ...formsOf(returnCode), meansCode: inner, name: failures[inner]?.name ?? null };
}

function formsOf(returnCode: number): { hex: string; signed: number | null } {
	const unsigned = returnCode >>> 0;
	const digits = unsigned.toString(16).toUpperCase();
	return { hex: `0x${digits}`, signed: unsigned > 0x7fff_ffff ? unsigned | 0 : null };
}

/** Without what COM wraps around one of Windows' own codes: HRESULT_FROM_WIN32, 0x8007xxxx. */
function plainCode(returnCode: number): number {
	const unsigned = returnCode >>> 0;
	return unsigned >>> 16 === 0x8007 ? unsigned & 0xffff : unsigned;
}
