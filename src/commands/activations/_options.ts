import { products } from "../../lib/activation/activation.js";
import type { Rules } from "../../lib/activation/add.js";
import { machineZone, parseZone } from "../../lib/calendar/zone.js";
import type { Flags } from "../../lib/cli/definition.js";
import type { Settings } from "../../lib/context.js";
import { t } from "../../lib/text.js";

// What the commands about activations have in common.

export const environmentFlag = {
	environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
} as const satisfies Flags;

export const productFlag = {
	product: {
		kind: "text",
		value: "PRODUCT",
		choices: products,
		summary: t`Which one, if both are open`,
	},
} as const satisfies Flags;

export const noteFlag = {
	note: { kind: "text", value: "TEXT", summary: t`A note; never a code, a password or an answer` },
} as const satisfies Flags;

export const zoneFlag = {
	zone: { kind: "text", value: "ZONE", summary: t`The time zone of days, such as America/Toronto` },
} as const satisfies Flags;

/** What is counted, as the settings say. @throws CfmError usage `bad-zone` */
export async function rulesOf(settings: Settings): Promise<Rules> {
	const said = settings.get("activations.zone");
	return {
		zone: said === undefined ? machineZone() : await parseZone(said),
		days: Number(settings.get("activations.days")),
		attempts: Number(settings.get("activations.attempts")),
	};
}
