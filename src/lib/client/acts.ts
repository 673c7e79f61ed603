import { type Hint, line } from "../command-line.js";
import type { ActKind } from "../operation/act.js";

interface Facts {
	environment: string;
	user: string;
	/** The client ID that was; null when it is not known. */
	id: number | null;
}

/** The commands that undo a change of a client, by what was done to it. */
export const clientUndoneBy: Readonly<Record<"install" | "uninstall" | "set", (facts: Facts) => readonly Hint[]>> = {
	install: ({ user, environment }) => [line("uninstall", [], { user, environment })],
	uninstall: ({ user, environment }) => [line("install", [], { user, silent: true, environment })],
	// The client ID follows the registry's.
	set: ({ user, environment, id }) => [
		...(id === null ? [] : [line("ids move", [user], { id, environment })]),
		line("client set", [user], { environment }),
	],
};

export const clientActs: readonly ActKind[] = (["install", "uninstall", "set"] as const)
	.map(
		(done): ActKind => ({
			actions: [`client.${done}`],
			undoneBy: ({ subject: user, environment, before }) =>
				clientUndoneBy[done]({ user, environment, id: (before as { clientId?: number } | null)?.clientId ?? null }),
		}),
	)
	.concat({
		// Its traces come back with the client alone.
		actions: ["client.forget"],
		undoneBy: ({ subject: user, environment }) => [line("install", [], { user, silent: true, environment })],
	})
	.concat({ actions: ["client.detect"], undoneBy: () => [line("client detect")] });
