import type { Hint } from "../command-line.js";
import type { RegistryEvent } from "../registry/registry.js";

/** A kind of act: what is done outside the registry, which only a command of its own can undo. */
export interface ActKind {
	readonly actions: readonly string[];
	/** What undoes one, told by its event. */
	undoneBy(event: Pick<RegistryEvent, "environment" | "subject" | "id" | "before" | "after">): readonly Hint[];
}
