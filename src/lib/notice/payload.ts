import type { Outgoing } from "./run.js";

/** What the file and a webhook get. */
export function payload({ messageId, date, claims, sentences }: Outgoing) {
	return {
		type: "cfm.notices",
		id: messageId,
		timestamp: date.toISOString(),
		data: {
			notices: claims.map(({ item, stage, at, facts }) => ({ item, stage, at, ...facts })),
			sentences,
		},
	};
}
