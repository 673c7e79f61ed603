/**
 * The answer to a question that may fail to be answered. "None" is a value (`null`, `[]`); what could not be told is
 * never taken for it.
 */
export type Known<T> = { known: true; value: T } | { known: false; why: string };

export const known = <T>(value: T): Known<T> => ({ known: true, value });
/** @param why the reason, in words */
export const unknown = (why: string): Known<never> => ({ known: false, why });
