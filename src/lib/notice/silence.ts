import type { RecordKind } from "../registry/kind.js";
import { t } from "../text.js";

/** Somebody has seen an item and wants to hear no more of it; of a renewed one they hear again, for that is another item. */
export interface Silence {
	item: string;
	/** ISO 8601 UTC; null: for good. */
	until: string | null;
	note: string | null;
	since: string;
}

export const silences: RecordKind<Silence, "notice.ack" | "notice.snooze", "item"> = {
	name: "silence",
	actions: ["notice.ack", "notice.snooze"],
	changedBy: "issuer",
	environment: null,
	key: ["item"],
	subject: ({ item }) => `notice ${item}`,
	about: [],
	called: ({ item }) => t`silence of ${item}`,
	filters: { item: { by: "item", test: "is" } },
	orders: {},
	table: {
		name: "silences",
		columns: { item: "item", until: "until", note: "note", since: "since" },
		key: ["item"],
	},
	schema: {
		sqlite: {
			7: `
	CREATE TABLE silences (
		item  TEXT NOT NULL,
		until TEXT,
		note  TEXT,
		since TEXT NOT NULL,
		PRIMARY KEY (item)
	) STRICT, WITHOUT ROWID;
	`,
		},
	},
};
