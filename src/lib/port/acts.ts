import type { ActKind } from "../operation/act.js";
import { t } from "../text.js";

export const portActs: readonly ActKind[] = [
	{
		actions: ["port.reserve-block"],
		undoneBy: ({ after }) => {
			const { first, last } = (after ?? {}) as { first?: number; last?: number };
			if (first === undefined || last === undefined) return [];
			return [
				t`Delete the block on its machine: netsh int ipv4 delete excludedportrange protocol=tcp startport=${first} numberofports=${last - first + 1}`,
			];
		},
	},
];
