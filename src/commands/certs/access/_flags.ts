import { parseSaid } from "../../../lib/calendar/day.js";
import { machineZone, parseZone } from "../../../lib/calendar/zone.js";
import type { Context } from "../../../lib/context.js";
import type { GrantRequest } from "../../../lib/registered/grant.js";
import { t } from "../../../lib/text.js";

export const grantFlags = {
	granted: {
		kind: "text",
		value: "TIME",
		required: true,
		summary: t`When access was granted: 2026-01-15 or 2026-01-15T09:30`,
	},
	expires: {
		kind: "text",
		value: "DATE",
		summary: t`The last day of access (60 days, or as set)`,
	},
	allowance: { kind: "integer", value: "N", least: 1, summary: t`How many signatures it allows (1000000000)` },
	zone: { kind: "text", value: "ZONE", summary: t`The time zone of days, such as America/Toronto` },
} as const;

/** What the flags say of a grant, and the registry's settings. */
export async function grantRequest(
	context: Context,
	certificate: string,
	flags: { granted: string; expires?: string | undefined; allowance?: number | undefined; zone?: string | undefined },
): Promise<{ request: GrantRequest; settings: Awaited<ReturnType<Context["settings"]>> }> {
	const settings = await context.settings({ "activations.zone": flags.zone });
	const said = settings.get("activations.zone");
	const zone = said === undefined ? machineZone() : await parseZone(said);
	const { expires, allowance } = flags;
	const granted = parseSaid(flags.granted, zone);
	const rules = {
		days: settings.get("certs.access-days") ?? "",
		allowance: settings.get("certs.access-allowance") ?? "",
	};
	return { request: { certificate, granted, expires, allowance, zone, rules, now: context.host.now() }, settings };
}
