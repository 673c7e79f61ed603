import { codeOf } from "../../system-errors.js";
import { type EditOutcome, editOutcomes, type ReadState, readStateNames } from "../../webid/stores.js";
import { either, fields, oneOf, orNull, type Shape, text } from "../isolation/shape.js";
import { NotWritten, Unfit } from "./unfit.js";

/** An error as one process tells it to another. */
export type ToldError =
	| { state: ReadState; message: string }
	| { outcome: EditOutcome; message: string }
	/** The system's, or nobody's. */
	| { code: string | null; message: string };

const message = text(4000);
export const toldErrorShape: Shape<ToldError> = either(
	fields<{ state: ReadState; message: string }>({ state: oneOf(readStateNames), message }),
	either(
		fields<{ outcome: EditOutcome; message: string }>({ outcome: oneOf(editOutcomes), message }),
		fields<{ code: string | null; message: string }>({ code: orNull(text(100)), message }),
	),
);

export function toldOf(error: unknown): ToldError {
	const brief = (error instanceof Error ? error.message : String(error)).slice(0, 2000);
	if (error instanceof Unfit) return { state: error.state, message: brief };
	if (error instanceof NotWritten) return { outcome: error.outcome, message: brief };
	return { code: codeOf(error) || null, message: brief };
}

export function errorOf(told: ToldError): Error {
	if ("state" in told) return new Unfit(told.state, told.message);
	if ("outcome" in told) return new NotWritten(told.outcome, told.message);
	return Object.assign(new Error(told.message), told.code !== null && { code: told.code });
}
