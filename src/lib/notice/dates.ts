import { activations, isOpen } from "../activation/activation.js";
import { dayLength, localMinute } from "../calendar/day.js";
import { listEnvironments, requireEnvironment } from "../environment/environment.js";
import { type Access, accesses } from "../registered/access.js";
import { certificates } from "../registered/certificate.js";
import { isWatched, neverExpires } from "../registered/told.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { NoticeFacts } from "./item.js";

/** A deadline as a calendar has it. */
export interface CalendarDate {
	/** Of what runs out, not of its generation: what is renewed moves, and is no second entry. Ends with the registry's identity. */
	uid: string;
	what: Extract<NoticeFacts["what"], "codes" | "subscription" | "certificate" | "access" | "quarantine">;
	/** Null: of the whole registry. */
	environment: string | null;
	/** A user, an alias, an ID. May be anything. */
	name: string;
	/** The instant, ISO 8601 UTC. */
	at: string;
	/** The zone whose days were counted. */
	zone: string;
	summary: string;
}

/** What ended longer ago is in no calendar any more. */
const pastDays = 30;

/**
 * The deadlines of codes, subscriptions, certificates, accesses and quarantines, by their time.
 *
 * @param environment none means all
 * @throws CfmError not-found `no-environment`
 */
export async function calendarDates(
	view: RegistryView,
	{ environment: name, now }: { environment: string | undefined; now: Date },
): Promise<CalendarDate[]> {
	const registry = ((await view.identity()) ?? "").slice(0, 16);
	const uid = (...parts: (string | number)[]) =>
		`${parts.map((part) => encodeURIComponent(part)).join("-")}@${registry}.cfm`;
	const dates: CalendarDate[] = [];
	const environments = name === undefined ? await listEnvironments(view) : [await requireEnvironment(view, name)];
	for (const { name: environment } of environments) {
		for await (const chunk of view.records(activations, { environment })) {
			for (const row of chunk) {
				const { user, number, zone, safeUntil, subscriptionEnd } = row;
				const own = { environment, name: user, zone };
				if (isOpen(row))
					dates.push({
						...{ uid: uid("codes", environment, number), what: "codes", ...own, at: safeUntil },
						summary: t`Activation codes of ${user}: can be used for certain until now`,
					});
				if (subscriptionEnd !== null && (isOpen(row) || row.step === "activated"))
					dates.push({
						...{ uid: uid("subscription", environment, number), what: "subscription", ...own, at: subscriptionEnd },
						summary: t`The subscription of ${user} ends`,
					});
			}
		}
		for await (const chunk of view.allocations({ environment, state: "quarantined" })) {
			for (const { id, until } of chunk) {
				if (until === null) continue;
				dates.push({
					...{ uid: uid("quarantine", environment, id), what: "quarantine", environment, name: `ID ${id}`, at: until },
					...{ zone: "UTC", summary: t`The quarantine of ID ${id} of ${environment} ends` },
				});
			}
		}
	}
	dates.push(...(await datesOfCertificates(view, uid)));
	const since = new Date(now.getTime() - pastDays * dayLength).toISOString();
	return dates
		.filter(({ at }) => at >= since)
		.sort((a, b) => (a.at === b.at ? (a.uid < b.uid ? -1 : 1) : a.at < b.at ? -1 : 1));
}

async function datesOfCertificates(
	view: RegistryView,
	uid: (...parts: (string | number)[]) => string,
): Promise<CalendarDate[]> {
	const dates: CalendarDate[] = [];
	const last = new Map<number, Access>();
	// In the order of their keys: the last generation comes last.
	for await (const chunk of view.records(accesses, {})) for (const one of chunk) last.set(one.certificate, one);
	for await (const chunk of view.records(certificates, { bare: true })) {
		for (const one of chunk) {
			if (!isWatched(one)) continue;
			const own = { environment: null, name: one.alias };
			if (!neverExpires(one))
				dates.push({
					...{ uid: uid("certificate", one.number), what: "certificate", ...own, at: one.notAfter, zone: "UTC" },
					summary: t`The certificate ${one.alias} expires`,
				});
			const access = last.get(one.number);
			if (access !== undefined)
				dates.push({
					...{ uid: uid("access", one.number), what: "access", ...own, at: access.expiresAt, zone: access.zone },
					summary: t`Access to the certificate ${one.alias} expires`,
				});
		}
	}
	return dates;
}

/** What is said below the summary of an entry. */
export function calendarText({ at, zone }: CalendarDate): string {
	return t`${localMinute(at, zone)} ${zone}. From cfm's own inventory: the vendor's pages decide.`;
}
