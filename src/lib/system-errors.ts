import { dirname } from "node:path";
import { type Hint, line } from "./command-line.js";
import { CfmError, type CfmErrorOptions, type ErrorKind } from "./errors.js";
import { t } from "./text.js";

/** What stands against a system call, whatever the system calls it. */
export type Refusal =
	/** There is no such file, or no folder on the way to it. */
	| "gone"
	/** This account may not. */
	| "denied"
	/** Another program has it: a sharing violation on Windows, a program that runs. */
	| "held"
	| "exists"
	/** The disk takes nothing more, because it is full or failing. */
	| "full"
	/** A folder, where a file must be. */
	| "folder"
	/** A link, where none is followed; or links in a circle. */
	| "link"
	/** Anything else. */
	| "failed";

// libuv gives Windows' errors these names, too: ERROR_SHARING_VIOLATION is EBUSY, ERROR_ACCESS_DENIED is EPERM.
const refusals: Readonly<Record<string, Refusal>> = {
	ENOENT: "gone",
	ENOTDIR: "gone",
	ENAMETOOLONG: "gone",
	// Node's own, for a NUL in a path.
	ERR_INVALID_ARG_VALUE: "gone",
	EACCES: "denied",
	EPERM: "denied",
	EROFS: "denied",
	EBUSY: "held",
	ETXTBSY: "held",
	EEXIST: "exists",
	ENOTEMPTY: "exists",
	ENOSPC: "full",
	EDQUOT: "full",
	EFBIG: "full",
	EIO: "full",
	EISDIR: "folder",
	ELOOP: "link",
};

/** The system's name of an error (`ENOENT`), or "". */
export function codeOf(error: unknown): string {
	return error instanceof Error && "code" in error ? String(error.code) : "";
}

/** What stood against a system call; undefined for an error that no system call gave. */
export function refusalOf(error: unknown): Refusal | undefined {
	const code = codeOf(error);
	return refusals[code] ?? (/^E[A-Z0-9]+$/.test(code) ? "failed" : undefined);
}

type Words = readonly [kind: ErrorKind, code: string, message: string, hints?: CfmErrorOptions["hints"]];

/** What is said of a file when nobody has better words. */
function usualWords(refusal: Refusal, path: string, code: string, access: "read" | "write"): Words {
	switch (refusal) {
		case "link":
			return ["not-found", "file-not-found", t`There is no file ${path}.`];
		case "gone":
			if (access === "read") return ["not-found", "file-not-found", t`There is no file ${path}.`];
			return [
				"not-found",
				"no-folder",
				t`There is no folder ${dirname(path)}.`,
				[t`Create it first, or specify another file.`],
			];
		case "held":
			return [
				"busy",
				"file-in-use",
				t`${path} is in use by another program.`,
				[t`Close it there (Excel keeps an open file to itself) and try again.`],
			];
		case "exists":
			return ["conflict", "file-exists", t`${path} already exists.`];
		case "folder":
			return ["usage", "not-a-file", t`${path} is a folder, not a file.`];
		case "denied":
			if (access === "read") return ["denied", "file-not-readable", t`No permission to read ${path}.`];
			return ["denied", "file-not-writable", t`${path} cannot be written (${code}).`];
		case "full":
		case "failed":
			if (access === "read") return ["unavailable", "file-read-failed", t`${path} could not be read (${code}).`];
			if (refusal === "failed") return ["denied", "file-not-writable", t`${path} cannot be written (${code}).`];
			return [
				"unavailable",
				"disk-full",
				t`${path} could not be written: the disk is full or failing.`,
				[t`Free some space, then run the command again.`],
			];
	}
}

/**
 * What the file system refused, in our words. Errors of ours and those of nobody's pass through.
 *
 * @param own what a caller says in words of its own
 * @param data facts for a script, instead of the path and the system's name of the error
 */
export function fileError(
	error: unknown,
	path: string,
	access: "read" | "write",
	own?: (refusal: Refusal, code: string) => Words | undefined,
	data?: CfmErrorOptions["data"],
): unknown {
	const refusal = refusalOf(error);
	if (error instanceof CfmError || refusal === undefined) return error;
	const reason = codeOf(error);
	const [kind, code, message, hints = []] = own?.(refusal, reason) ?? usualWords(refusal, path, reason, access);
	return new CfmError(kind, code, message, { hints, data: data ?? { path, reason }, cause: error });
}

/** What to do where an administrator's folder is closed: first what anybody can do alone. */
export function closedToYou(): Hint[] {
	return [
		{ say: t`Your own client, port and web IDs, without the registry:`, line: line("me") },
		{ say: t`To set your web IDs yourself:`, line: line("web steps") },
		t`For all else, run cfm as an administrator.`,
	];
}
