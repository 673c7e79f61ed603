/** Label and value, as a page has them. */
export type Fact = readonly [label: string, value: string | number | null];

/**
 * What one room tells of a user on the page of `users show`. A room declares its own beside its probes: they say what is
 * wrong, this says what there is.
 *
 * @template C everything that a part can need, by name
 * @template N what this one needs
 */
export interface PagePart<C, N extends keyof C = keyof C, Told = unknown> {
	/** Its field in the JSON: `client`. */
	name: string;
	/** What it is about, for the line that says why nobody could look. */
	title(): string;
	needs: readonly N[];
	/** @throws CfmError when it cannot look: the page then says why in its place */
	look(given: { [K in N]: C[K] }): Promise<Told>;
	/** The same for people, a line each. */
	facts(told: Told): readonly Fact[];
}

/** Checks a part's types; a page keeps parts of whatever they tell. */
export function pagePart<C, N extends keyof C, Told>(part: PagePart<C, N, Told>): PagePart<C, N> {
	// What `facts` takes is what the same part's `look` has answered.
	return part as unknown as PagePart<C, N>;
}
