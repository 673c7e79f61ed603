import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { isSameRow, recordChange } from "../registry/kind.js";
import { t } from "../text.js";
import { dueItems } from "./due.js";
import { type Silence, silences } from "./silence.js";

export interface SilenceAnswer {
	silence: Silence;
	changed: boolean;
}

/**
 * `cfm notify ack` and `snooze`: no more notices of an item, for good or until an instant.
 *
 * @param request.until ISO 8601 UTC; null: for good
 * @throws CfmError not-found `no-such-notice`; usage `bad-date` when the time is past
 */
export function silenceItem(request: {
	item: string;
	until: string | null;
	note: string | undefined;
	now: Date;
}): RegistryOperation<Plan & { answer: SilenceAnswer }, SilenceAnswer> {
	const { item, until, note, now } = request;
	return {
		asked: { item, until, note },
		async plan(view) {
			if (until !== null && Date.parse(until) <= now.getTime()) {
				throw new CfmError("usage", "bad-date", t`${until.slice(0, 10)} is past.`, { data: { date: until } });
			}
			const before = await view.record(silences, { item });
			const isKnown =
				before !== undefined ||
				(await view.outbox.claims({ items: [item], limit: 1 })).length > 0 ||
				(await dueItems(view, now)).some((one) => one.item === item);
			if (!isKnown) {
				throw new CfmError(
					"not-found",
					"no-such-notice",
					t`Nobody was told, or is to be told, of ${item.slice(0, 200)}.`,
					{
						hints: [line("notify list"), line("notify run", [], { "dry-run": true })],
						data: { item: item.slice(0, 200) },
					},
				);
			}
			const after = { item, until, note: note ?? before?.note ?? null, since: before?.since ?? now.toISOString() };
			const changed = !isSameRow(before, after);
			const action = until === null ? "notice.ack" : "notice.snooze";
			return {
				changes: changed ? [recordChange(silences, action, before ?? null, after)] : [],
				answer: { silence: after, changed },
			};
		},
		answer: ({ answer }) => answer,
	};
}
