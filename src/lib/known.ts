/**
 * The answer to a question that may fail to be answered. "None" is a value (`null`, `[]`); what can't be determined is
 * never taken for it.
 */
export type Known<T> = { known: true; value: T; except?: string } | { known: false; why: string };

/** @param except what the answer lacks, in words, where a part of it could not be had */
export const known = <T>(value: T, except?: string): Known<T> =>
	except === undefined ? { known: true, value } : { known: true, value, except };
/** @param why the reason, in words */
export const unknown = (why: string): Known<never> => ({ known: false, why });
