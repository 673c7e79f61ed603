import { distance } from "fastest-levenshtein";
import { foldName } from "../account/fold.js";

/** Of the environments' names the one that is nearly a name; undefined where none is. */
export function nearEnvironment(names: readonly string[], name: string): string | undefined {
	const far = (other: string) => distance(foldName(other), foldName(name));
	const [nearest] = names.toSorted((a, b) => far(a) - far(b));
	return nearest !== undefined && far(nearest) <= Math.min(2, name.length / 3) ? nearest : undefined;
}
