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
