import type { ActivationAnswer } from "../../lib/activation/change.js";
import type { DueDeadline } from "../../lib/activation/due.js";
import { inItsZone, type ToldActivation, timeLeft, whatIsNext } from "../../lib/activation/told.js";
import { localMinute } from "../../lib/calendar/day.js";
import { type Block, type Facts, type Line, type Table, type Tone, table } from "../../lib/cli/view.js";
import { t } from "../../lib/text.js";
import { recordedText, type Tried } from "../_recorded.js";

/** What cfm writes down is not what the vendor knows: every answer ends with this. */
export function inventoryLine(): Line {
	return { line: t`This is cfm's own inventory: it changes nothing at the vendor.` };
}

const toneOf: Readonly<Record<ToldActivation["state"], Tone | undefined>> = {
	...{ valid: "good", "may-have-expired": "caution", expired: "bad", activated: "good" },
	...{ cancelled: undefined, replaced: undefined },
};

/** The state in words; scripts have the code. */
export function stateText(state: ToldActivation["state"]): string {
	const texts: Record<ToldActivation["state"], () => string> = {
		valid: () => t`valid`,
		"may-have-expired": () => t`may have expired`,
		expired: () => t`expired`,
		activated: () => t`activated`,
		cancelled: () => t`cancelled`,
		replaced: () => t`replaced`,
	};
	return texts[state]();
}

export const activationFields = [
	...["number", "user", "state", "step", "product", "purpose", "daysLeft", "hoursLeft", "safeUntil", "latestEnd"],
	...["zone", "days", "basis", "said", "runsFrom", "attempts", "attemptsAllowed", "locked", "identity", "software"],
	...["renewals", "replaces", "subscriptionUntil", "subscriptionEnd", "next", "environment", "sid", "note"],
	...["since", "endedAt"],
] as const;

export function activationsTable(rows: readonly ToldActivation[], empty: string): Table {
	return table<ToldActivation>(
		[
			{ head: t`USER`, field: "user", value: ({ user }) => user, whole: true },
			{
				head: t`STATE`,
				field: "state",
				value: ({ state }) => state,
				drawn: ({ state }) => stateText(state),
				tone: ({ state }) => toneOf[state],
			},
			{ head: t`LEFT`, field: "daysLeft", value: ({ daysLeft }) => daysLeft, drawn: timeLeft, align: "right" },
			{
				head: t`SAFE UNTIL`,
				field: "safeUntil",
				value: ({ safeUntil }) => safeUntil,
				drawn: (one) => localMinute(one.safeUntil, one.zone),
			},
			{ head: t`ZONE`, field: "zone", value: ({ zone }) => zone, shrinks: true },
			{ head: t`STEP`, field: "step", value: ({ step }) => step },
			{ head: t`PRODUCT`, field: "product", value: ({ product }) => product, optional: true },
			{ head: t`NO.`, field: "number", value: ({ number }) => number, align: "right", optional: true },
		],
		rows,
		empty,
	);
}

/** All that is recorded of one, and what comes next. */
export function activationFacts(one: ToldActivation): Facts {
	const { user, number, product, purpose, state, step, basis, said, renewals, attempts, attemptsAllowed, days, zone } =
		one;
	const left = timeLeft(one);
	return {
		facts: [
			[t`User`, user],
			[t`Number`, number],
			[t`Product`, purpose === "recovery" ? t`${product}, recovery` : product],
			[t`State`, left === "" || left === stateText(state) ? stateText(state) : t`${stateText(state)}, ${left} left`],
			[t`Step`, step],
			[basis === "approval" ? t`Approved` : t`Mailed`, said.length > 10 ? inItsZone(said, one) : t`${said} (${zone})`],
			[t`Safe until`, t`${inItsZone(one.safeUntil, one)} (${days} × 24 hours)`],
			[t`Latest end`, t`${inItsZone(one.latestEnd, one)} (${days} whole days)`],
			[t`Attempts`, t`${attempts} of ${attemptsAllowed} failed`],
			[t`Renewed`, renewals],
			...(one.identity === null ? [] : [[t`Identity`, one.identity] as const]),
			...(one.software === null ? [] : [[t`Software`, one.software] as const]),
			...(one.replaces === null ? [] : [[t`Replaces`, one.replaces] as const]),
			...(one.subscriptionUntil === null
				? []
				: [[t`Subscription`, t`until ${one.subscriptionUntil} (${zone})`] as const]),
			...(one.note === null ? [] : [[t`Note`, one.note] as const]),
		],
	};
}

/** What a change of one activation says. */
export function changedBlocks({ activation, changed, dryRun }: ActivationAnswer & Tried): Block[] {
	const { user, state } = activation;
	return [
		{
			line: recordedText(user, { changed, dryRun }),
			...(state === "expired" ? { tone: "caution" as const } : {}),
		},
		activationFacts(activation),
		{ line: t`Next step: ${whatIsNext(activation)}` },
		inventoryLine(),
	];
}

export function dueTable(rows: readonly DueDeadline[], empty: string): Table {
	return table<DueDeadline>(
		[
			{ head: t`USER`, field: "user", value: ({ user }) => user, whole: true },
			{ head: t`WHAT`, field: "what", value: ({ what }) => what },
			{
				head: t`STATE`,
				field: "state",
				value: ({ state }) => state,
				drawn: ({ state }) => stateText(state),
				tone: ({ state }) => toneOf[state],
			},
			{ head: t`LEFT`, field: "daysLeft", value: ({ daysLeft }) => daysLeft, drawn: timeLeft, align: "right" },
			{ head: t`DUE`, field: "due", value: ({ due }) => due, drawn: ({ due, zone }) => localMinute(due, zone) },
			{ head: t`ZONE`, field: "zone", value: ({ zone }) => zone, shrinks: true },
			{ head: t`NEXT`, field: "next", value: ({ next }) => next, optional: true },
		],
		rows,
		empty,
	);
}
