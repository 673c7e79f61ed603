import type { Known } from "../../known.js";

/** Takes from a value what a shape has, and nothing else. @throws OddAnswer */
export type Shape<T> = (value: unknown) => T;

/** What a reader answered is not what it is asked to answer: it must not be believed any more. */
export class OddAnswer extends Error {
	override readonly name = "OddAnswer";
}

/** @param longest in UTF-16 units */
export const text =
	(longest: number): Shape<string> =>
	(value) => {
		if (typeof value === "string" && value.length <= longest) return value;
		throw new OddAnswer("not such a text");
	};

export const flag: Shape<boolean> = (value) => {
	if (typeof value === "boolean") return value;
	throw new OddAnswer("neither yes nor no");
};

/** @param most of a whole number that is not negative */
export const numberUpTo =
	(most: number): Shape<number> =>
	(value) => {
		if (Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most) return value as number;
		throw new OddAnswer("not such a number");
	};

export const oneOf =
	<T extends string>(words: readonly T[]): Shape<T> =>
	(value) => {
		const found = words.find((word) => word === value);
		if (found !== undefined) return found;
		throw new OddAnswer("none of the words");
	};

export const orNull =
	<T>(shape: Shape<T>): Shape<T | null> =>
	(value) =>
		value === null ? null : shape(value);

export const list =
	<T>(shape: Shape<T>, most = 100_000): Shape<T[]> =>
	(value) => {
		if (Array.isArray(value) && value.length <= most) return value.map(shape);
		throw new OddAnswer("not such a list");
	};

/** A field whose value is undefined is left out, as JSON leaves it out. */
export const fields =
	<T extends object>(shapes: { [K in keyof T]-?: Shape<T[K]> }): Shape<T> =>
	(value) => {
		if (typeof value !== "object" || value === null) throw new OddAnswer("not an object");
		const taken: Partial<T> = {};
		for (const name of Object.keys(shapes) as (keyof T & string)[]) {
			const field = shapes[name](Object.hasOwn(value, name) ? (value as T)[name] : undefined);
			if (field !== undefined) taken[name] = field;
		}
		return taken as T;
	};

export const orAbsent =
	<T>(shape: Shape<T>): Shape<T | undefined> =>
	(value) =>
		value === undefined ? undefined : shape(value);

/** The first of several shapes that fits. */
export const either =
	<A, B>(one: Shape<A>, other: Shape<B>): Shape<A | B> =>
	(value) => {
		try {
			return one(value);
		} catch (error) {
			if (!(error instanceof OddAnswer)) throw error;
			return other(value);
		}
	};

/** More of a reason is not told. */
export const longestWhy = 2000;

export function knownAs<T>(shape: Shape<T>): Shape<Known<T>> {
	const isKnown: Shape<true> = (one) => {
		if (one === true) return one;
		throw new OddAnswer("not known");
	};
	const isUnknown: Shape<false> = (one) => {
		if (one === false) return one;
		throw new OddAnswer("known");
	};
	return either(
		fields<{ known: true; value: T }>({ known: isKnown, value: shape }),
		fields<{ known: false; why: string }>({ known: isUnknown, why: text(longestWhy) }),
	);
}
