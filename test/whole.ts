/**
 * What a lane leaves out: `npm test` tries some of what is alike and slow to start, `npm run check:…` all of it
 * (`CFM_CHECK=whole`).
 */
export const isWhole = process.env.CFM_CHECK === "whole";

/** Every one of them, or each `nth`, from the first on. */
export const eachNth = <Item>(items: readonly Item[], nth: number): Item[] =>
	items.filter((_, at) => isWhole || at % nth === 0);
