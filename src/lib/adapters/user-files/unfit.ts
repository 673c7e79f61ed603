import { codeOf } from "../../system-errors.js";
import { t, visible } from "../../text.js";
import type { EditOutcome, ReadState } from "../../webid/stores.js";

/** Why a profile or a store cannot be read. It ends as the `state` of an answer, never as an error of the command. */
export class Unfit extends Error {
	override readonly name = "Unfit";
	constructor(
		readonly state: ReadState,
		message: string,
		options?: ErrorOptions,
	) {
		super(message, options);
	}
}

/** Why a store was not written. It ends as the `outcome` of an edit. */
export class NotWritten extends Error {
	override readonly name = "NotWritten";
	constructor(
		readonly outcome: EditOutcome,
		message: string,
	) {
		super(message);
	}
}

/** Whether there was no memory for something: in a reader, which is limited, that is a state of what is read. */
export function isOutOfMemory(error: unknown): boolean {
	if (codeOf(error) === "ENOMEM" || codeOf(error) === "ERR_MEMORY_ALLOCATION_FAILED") return true;
	return (
		error instanceof RangeError && /allocation failed|Invalid (string|array( buffer)?) length/i.test(error.message)
	);
}

/**
 * An error that nobody foresaw, for the answer about the one profile it is about: that of others must not end with it.
 * It is most likely a fault of ours, so it says so, and where it is.
 */
export function faultText(error: unknown): string {
	const stack = error instanceof Error ? (error.stack ?? "") : "";
	const frame = stack.split("\n").find((line) => /^ +at .*:\d+:\d+/.test(line) && !line.includes("node:"));
	const where = (frame ?? "").trim().replace(/^at ([^(]*[/\\])?|(?<=\().*[/\\]/g, "");
	return t`Unexpected error in cfm: ${visible(`${String(error)} [${where}]`)}`;
}
