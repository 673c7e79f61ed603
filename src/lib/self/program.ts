import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import { plural, t } from "../text.js";

/** The program as it lies on the disk. */
export interface SeenProgram {
	version: string;
	/** Where it is. */
	folder: string;
	/** Of the Node that runs it. */
	node: string;
	/** How many files the list names that came with it; null where none came, as in a checkout of the sources. */
	listed: number | null;
	/** Those that are not as the list says, and what the list does not name. */
	files: ProgramFile[];
	/** Whether the list bears the signature that this build believes; null where it has no key, or no list came. */
	signature: "valid" | "wrong" | "missing" | null;
	/** Why somebody else could change what runs; null when nobody can. */
	open: Known<string | null>;
}

export interface ProgramFile {
	/** Below the folder, with `/`. */
	file: string;
	/** `added`: the list does not name it. */
	state: "changed" | "missing" | "added" | "unreadable";
}

/** What `cfm self check` answers. */
export interface ProgramCheck {
	version: string;
	folder: string;
	node: string;
	listed: number | null;
	files: ProgramFile[];
	signature: SeenProgram["signature"];
	/** Whether only administrators can change the program; `why` says who else can, or why that can't be determined. */
	rights: { state: "closed" | "open" | "unknown"; why: string | null };
	total: number;
}

/** The answer about a program that was looked at. */
export function checkProgram({ open, ...program }: SeenProgram): ProgramCheck {
	const rights = !open.known
		? { state: "unknown" as const, why: open.why }
		: { state: open.value === null ? ("closed" as const) : ("open" as const), why: open.value };
	return { ...program, rights, total: program.files.length };
}

/** Bad news for an exit code of 8: files that are not those that came with `cfm`, or rights that let others exchange them. */
export function programFaults({ files, signature, rights, folder }: ProgramCheck): CfmError | undefined {
	const isUnsigned = signature === "wrong" || signature === "missing";
	if (files.length === 0 && !isUnsigned && rights.state !== "open") return undefined;
	const message =
		files.length === 0
			? isUnsigned
				? t`The list of cfm's files is not signed as it should be.`
				: t`Others can change cfm's own files.`
			: plural(files.length, {
					one: "1 file in cfm's folder is not as it came.",
					other: `${files.length} files in cfm's folder are not as they came.`,
				});
	return new CfmError("findings", "program-changed", message, {
		hints: [
			files.length > 0 || isUnsigned
				? t`Run the setup program of this version again: it puts every file in place.`
				: t`Let only administrators write there and in the folders on the way to it.`,
		],
		data: { folder, files: files.map(({ file }) => file) },
	});
}
