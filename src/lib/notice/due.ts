import { activations, isOpen } from "../activation/activation.js";
import { stateOf } from "../activation/told.js";
import { dayLength, daysUntil } from "../calendar/day.js";
import { listEnvironments } from "../environment/environment.js";
import { accesses, isNearlyUsed } from "../registered/access.js";
import { certificates } from "../registered/certificate.js";
import { accessTo } from "../registered/find.js";
import { canBeSignedWith, isWatched, neverExpires } from "../registered/told.js";
import type { RegistryView } from "../registry/registry.js";
import { services } from "../service/service.js";
import { causeText, standingsIn, tellService } from "../service/told.js";
import { t } from "../text.js";
import type { Item, NoticeFacts } from "./item.js";

/** A threshold: from so many days before the end on. */
interface Threshold {
	stage: string;
	days: number;
}

const thresholds = (...days: readonly number[]): readonly Threshold[] =>
	days.map((one) => ({ stage: `${one}d`, days: one }));

const ofCodes = thresholds(3, 1);
const ofSubscription = thresholds(30, 15, 7, 1);
const ofCertificate = thresholds(30, 14, 7, 1);

/** Access is told each day from a week before it expires, or at nine tenths of its signatures. */
const accessDays = 7;

/** A quarantine that ended, or a service that was suspended, long ago is nobody's news. */
const newsDays = 30;

/** Everything that somebody is to be told at an instant, by the worst threshold that each has passed. */
export async function dueItems(view: RegistryView, now: Date): Promise<Item[]> {
	return [
		...(await dueOfEnvironments(view, now)),
		...(await dueCertificates(view, now)),
		...(await revokedCertificates(view, now)),
		...(await dueAccesses(view, now)),
		...(await suspendedServices(view, now)),
		...(await newFindings(view)),
	];
}

async function dueOfEnvironments(view: RegistryView, now: Date): Promise<Item[]> {
	const items: Item[] = [];
	const until = (days: number) => new Date(now.getTime() + days * dayLength).toISOString();
	for (const { name: environment } of await listEnvironments(view)) {
		const codes = { environment, where: { rank: 0, safeTo: until(mostDays(ofCodes)) }, order: "due" } as const;
		for await (const chunk of view.records(activations, codes)) {
			for (const row of chunk) {
				const state = stateOf(row, now);
				const over = state === "expired" ? 2 : state === "may-have-expired" ? 1 : 0;
				const passed = over === 2 ? "expired" : over === 1 ? "may-have-expired" : undefined;
				const facts = factsOf("codes", row.user, row.safeUntil, row.zone, now, row.product);
				items.push({
					...stageOf(
						ofCodes,
						row.safeUntil,
						now,
						facts,
						passed === undefined ? undefined : { stage: passed, more: over },
					),
					item: `codes/${environment}/${row.number}/${row.renewals}`,
					owner: row.user,
				});
			}
		}
		const where = { subscription: until(mostDays(ofSubscription)) };
		const subscribed = { environment, where, order: "subscription" } as const;
		for await (const chunk of view.records(activations, subscribed)) {
			for (const row of chunk) {
				if (row.subscriptionEnd === null || !(isOpen(row) || row.step === "activated")) continue;
				const facts = factsOf("subscription", row.user, row.subscriptionEnd, row.zone, now, row.product);
				items.push({
					...stageOf(ofSubscription, row.subscriptionEnd, now, facts),
					item: `subscription/${environment}/${row.number}/${row.subscriptionUntil}`,
					owner: row.user,
				});
			}
		}
		for (const { id, user, until: end } of await view.quarantineOver(environment, now.toISOString())) {
			if (end === null || Date.parse(end) < now.getTime() - newsDays * dayLength) continue;
			items.push({
				...{ item: `quarantine/${environment}/${id}/${end}`, stage: "over", rank: 1, daily: false, urgent: false },
				owner: null,
				facts: { ...factsOf("quarantine", `ID ${id}`, end, "UTC", now, user), urgency: "soon" },
			});
		}
	}
	return items;
}

async function dueCertificates(view: RegistryView, now: Date): Promise<Item[]> {
	const items: Item[] = [];
	const endsBy = new Date(now.getTime() + mostDays(ofCertificate) * dayLength).toISOString();
	for await (const chunk of view.records(certificates, { where: { endsBy }, order: "expires", bare: true })) {
		for (const one of chunk) {
			if (!isWatched(one) || neverExpires(one)) continue;
			const facts = factsOf("certificate", one.alias, one.notAfter, "UTC", now, one.owner);
			items.push({
				...stageOf(ofCertificate, one.notAfter, now, facts),
				item: `certificate/${one.number}/${one.notAfter}`,
				owner: one.owner,
			});
		}
	}
	return items;
}

/** Certificates that were revoked: told at once, at whatever hour. */
async function revokedCertificates(view: RegistryView, now: Date): Promise<Item[]> {
	const items: Item[] = [];
	for await (const chunk of view.records(certificates, { where: { revoked: 1 }, bare: true })) {
		for (const { number, alias, owner, status, revokedAt, revocationReason } of chunk) {
			if (status === "retired") continue;
			const facts = { ...factsOf("revoked", alias, now.toISOString(), "UTC", now, revocationReason), due: null };
			items.push({
				// One that was on hold and is revoked again is another one.
				...{ item: `revoked/${number}/${revokedAt ?? ""}`, stage: "revoked", rank: 1, daily: false, urgent: true },
				...{ owner, facts: { ...facts, daysLeft: null, urgency: "over" } },
			});
		}
	}
	return items;
}

async function dueAccesses(view: RegistryView, now: Date): Promise<Item[]> {
	const items: Item[] = [];
	const until = new Date(now.getTime() + accessDays * dayLength).toISOString();
	const seen = new Set<number>();
	for (const where of [{ where: { expires: until }, order: "expires" }, { where: { nearlyUsed: 1 } }] as const) {
		for await (const chunk of view.records(accesses, where)) {
			for (const { certificate: number } of chunk) {
				if (seen.has(number)) continue;
				seen.add(number);
				const one = await view.record(certificates, { number });
				const last = one === undefined ? undefined : await accessTo(view, one);
				// A later grant silences those before it.
				if (one === undefined || last === undefined || !canBeSignedWith(one, now)) continue;
				const { generation, expiresAt, zone, used, allowance } = last;
				const named = factsOf("access", one.alias, expiresAt, zone, now, one.owner);
				const isOver = Date.parse(expiresAt) <= now.getTime();
				if (expiresAt <= until) {
					const urgency = isOver ? "over" : Date.parse(expiresAt) <= now.getTime() + dayLength ? "near" : "soon";
					items.push({
						...{ item: `access/${number}/${generation}`, stage: isOver ? "over" : "daily", rank: isOver ? 2 : 1 },
						...{ daily: !isOver, urgent: false, owner: null, facts: { ...named, urgency } },
					});
				}
				if (isOver || !isNearlyUsed(last)) continue;
				const isUsedUp = used >= allowance;
				items.push({
					...{ item: `allowance/${number}/${generation}`, stage: isUsedUp ? "over" : "daily", rank: isUsedUp ? 2 : 1 },
					...{ daily: !isUsedUp, urgent: false, owner: null },
					facts: { ...named, what: "allowance", urgency: isUsedUp ? "over" : "soon", used, allowance },
				});
			}
		}
	}
	return items;
}

/** Services that sign no more: told at once, at whatever hour. */
async function suspendedServices(view: RegistryView, now: Date): Promise<Item[]> {
	const items: Item[] = [];
	const standings = standingsIn(view, now);
	for await (const chunk of view.records(services, {})) {
		for (const row of chunk) {
			const standing = await standings(row.certificate);
			const { name, status, cause, suspendedAt, generation } = tellService(row, standing);
			if (status !== "suspended" || cause === null) continue;
			const at = suspendedAt ?? now.toISOString();
			// Of a revocation one hears later than it happened.
			const heard = cause === "certificate-revoked" ? (standing?.certificate.revocationSeen ?? at) : at;
			if (Date.parse(heard) < now.getTime() - newsDays * dayLength) continue;
			// Of signatures that are used up nobody told when.
			const which = cause === "access-used-up" ? generation : suspendedAt;
			items.push({
				...{ item: `service/${row.number}/${cause}/${which}`, stage: "suspended", rank: 1, daily: false, urgent: true },
				...{
					owner: null,
					facts: { ...factsOf("service", name, at, "UTC", now, causeText(cause)), urgency: "over", cause },
				},
			});
		}
	}
	return items;
}

/** What the last audits showed that somebody must look at: told once, for each user that it is about. */
async function newFindings(view: RegistryView): Promise<Item[]> {
	const items: Item[] = [];
	for await (const chunk of view.sightings({ kinds: ["findings"], attention: true })) {
		for (const { environment, machine, user, facts } of chunk) {
			const { finding = "", title = "", severity = "" } = facts as Readonly<Record<string, string>>;
			items.push({
				...{ item: `finding/${environment}/${machine}/${finding}/${user ?? ""}`, stage: "found", rank: 1 },
				...{ daily: false, urgent: false, owner: null },
				facts: {
					...{ what: "finding", urgency: severity === "error" ? "over" : "soon", name: user ?? machine },
					...{ detail: t`${finding} on ${machine}: ${title}`, due: null, zone: "UTC", daysLeft: null },
					...{ used: null, allowance: null, finding, machine },
				},
			});
		}
	}
	return items;
}

function mostDays(all: readonly Threshold[]): number {
	return Math.max(...all.map(({ days }) => days));
}

/**
 * The worst threshold that was passed, compared by ≤: what is due at this very instant is due.
 *
 * @param past what it is called once the end is past; usually `over`
 */
function stageOf(
	all: readonly Threshold[],
	end: string,
	now: Date,
	facts: NoticeFacts,
	past: { stage: string; more: number } = { stage: "over", more: 1 },
): Pick<Item, "stage" | "rank" | "daily" | "urgent" | "facts"> {
	const left = Date.parse(end) - now.getTime();
	const once = { daily: false, urgent: false };
	if (left <= 0)
		return { stage: past.stage, rank: all.length + past.more, ...once, facts: { ...facts, urgency: "over" } };
	const passed = all.filter(({ days }) => left <= days * dayLength);
	const { stage = "", days = 0 } = passed.at(-1) ?? {};
	return { stage, rank: passed.length, ...once, facts: { ...facts, urgency: days <= 1 ? "near" : "soon" } };
}

function factsOf(
	what: NoticeFacts["what"],
	name: string,
	due: string,
	zone: string,
	now: Date,
	detail: string | null,
): NoticeFacts {
	const left = { daysLeft: daysUntil(due, now), used: null, allowance: null };
	return { what, urgency: "soon", name, detail, due, zone, ...left };
}
