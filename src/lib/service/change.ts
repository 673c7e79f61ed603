import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { requireCertificate } from "../registered/find.js";
import { isSameRow, recordChange } from "../registry/kind.js";
import type { RecordChange, RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { requireService, serviceCalled } from "./find.js";
import { type Service, services } from "./service.js";
import { settled } from "./settle.js";
import { causeText, type Standing, standingsIn, suspendedBy, type ToldService, tellService } from "./told.js";

export interface ServiceAnswer {
	service: ToldService;
	changed: boolean;
	/** cfm's own inventory: nothing was done anywhere else. */
	inventoryOnly: true;
}

type ServicePlan = Plan & { answer: ServiceAnswer };
export type ServiceOperation = RegistryOperation<ServicePlan, ServiceAnswer>;

/** What is recorded of a service beside its name and certificate. */
export type ServiceFacts = Pick<Service, "clientId" | "company" | "contact" | "language">;

export interface AddServiceRequest extends ServiceFacts {
	name: string;
	/** The alias of the certificate that it signs with. */
	certificate: string;
	now: Date;
}

/** `cfm services add`. @throws CfmError not-found `no-such-certificate`; conflict `service-exists`, `certificate-retired` */
export function addService({ name, certificate: alias, now, ...facts }: AddServiceRequest): ServiceOperation {
	return {
		asked: { name, certificate: alias, ...facts },
		async plan(view) {
			const certificate = await requireCertificate(view, alias);
			const there = await serviceCalled(view, name);
			const isSame =
				there !== undefined && there.certificate === certificate.number && isSameRow(there, { ...there, ...facts });
			if (isSame) return planned(view, now, there, (before) => before);
			if (there !== undefined) throw nameTaken(there);
			if (certificate.status === "retired") throw onRetired(certificate.alias);
			const [last] = (await Array.fromAsync(view.records(services, { descending: true, limit: 1 }))).flat();
			return planned(
				view,
				now,
				null,
				() => ({
					...{ number: (last?.number ?? 0) + 1, name, certificate: certificate.number, ...facts, status: "active" },
					...{ cause: null, reason: null, suspendedAt: null, generation: null, since: now.toISOString() },
				}),
				"service.add",
			);
		},
		answer: ({ answer }) => answer,
	};
}

/** What is to be set; undefined leaves it as it is. */
export interface SetServiceRequest extends Partial<{ [F in keyof ServiceFacts]: ServiceFacts[F] | undefined }> {
	service: string;
	name: string | undefined;
	/** The alias of the certificate that it signs with from now on. */
	certificate: string | undefined;
	now: Date;
}

/**
 * `cfm services set`. A service that was suspended stays so with another certificate: whoever has seen it sign says
 * `activate`.
 *
 * @throws CfmError not-found `no-such-service`, `no-such-certificate`; conflict `service-exists`, `certificate-retired`
 */
export function setService({ service, name, certificate: alias, now, ...facts }: SetServiceRequest): ServiceOperation {
	return {
		asked: { service, name, certificate: alias, ...facts },
		async plan(view) {
			const row = await requireService(view, service);
			const there = name === undefined ? undefined : await serviceCalled(view, name);
			if (there !== undefined && there.number !== row.number) throw nameTaken(there);
			const certificate = alias === undefined ? undefined : await requireCertificate(view, alias);
			if (certificate?.status === "retired" && certificate.number !== row.certificate)
				throw onRetired(certificate.alias);
			const said = Object.fromEntries(
				Object.entries({ name, certificate: certificate?.number, ...facts }).filter(([, value]) => value !== undefined),
			);
			return planned(view, now, row, (before) => ({ ...before, ...said }), "service.set");
		},
		answer: ({ answer }) => answer,
	};
}

/** `cfm services suspend`: somebody suspended it at the vendor. @throws CfmError not-found `no-such-service` */
export function suspendService(request: { service: string; reason: string; now: Date }): ServiceOperation {
	const { service, reason, now } = request;
	return {
		asked: { service, reason },
		async plan(view) {
			return planned(
				view,
				now,
				await requireService(view, service),
				(before) => {
					const suspended = { status: "suspended", cause: "operator", reason, generation: null } as const;
					const since = before.cause === "operator" ? before.suspendedAt : now.toISOString();
					return { ...before, ...suspended, suspendedAt: since };
				},
				"service.suspend",
				reason,
			);
		},
		answer: ({ answer }) => answer,
	};
}

/**
 * `cfm services activate`: somebody saw that it is active at the vendor.
 *
 * @throws CfmError not-found `no-such-service`; conflict `service-cannot-sign` while what it signs with ran out
 */
export function activateService(request: { service: string; now: Date }): ServiceOperation {
	const { service, now } = request;
	return {
		asked: { service },
		async plan(view) {
			const row = await requireService(view, service);
			const standing = await standingsIn(view, now)(row.certificate);
			if (standing !== undefined && standing.ended !== null) throw cannotSign(row, standing);
			return planned(view, now, row, activated, "service.activate");
		},
		answer: ({ answer }) => answer,
	};
}

export function activated(before: Service): Service {
	return { ...before, status: "active", cause: null, reason: null, suspendedAt: null, generation: null };
}

/** `cfm services remove`. @throws CfmError not-found `no-such-service` */
export function removeService(request: { service: string; now: Date }): ServiceOperation {
	const { service, now } = request;
	return {
		asked: { service },
		async plan(view) {
			const [row, changes] = [await requireService(view, service), await settled(view, now)];
			const before = afterOf(changes, row);
			const told = tellService(before, await standingsIn(view, now)(before.certificate));
			return {
				answer: { service: told, changed: true, inventoryOnly: true },
				changes: [...changes, recordChange(services, "service.remove", before, null)],
			};
		},
		danger: ({ answer: { service: one } }) => ({ question: t`Remove the service ${one.name} from the register?` }),
		answer: ({ answer }) => answer,
	};
}

/** One service changed, behind what is due of all of them (`settled`): it is changed as it reads. */
async function planned(
	view: RegistryView,
	now: Date,
	row: Service | null,
	next: (before: Service) => Service,
	action: "service.add" | "service.set" | "service.suspend" | "service.activate" = "service.set",
	note: string | null = null,
): Promise<ServicePlan> {
	const changes = await settled(view, now);
	const before = row === null ? null : afterOf(changes, row);
	const after = next(before as Service);
	const changed = before === null || !isSameRow(before, after);
	const standing = await standingsIn(view, now)(after.certificate);
	const own = changed ? [recordChange(services, action, before, after, note)] : [];
	// A new one on what ran out already is so from the beginning.
	const suspended = suspendedBy(after, standing?.ended ?? null);
	const at = { suspendedAt: suspended?.suspendedAt ?? now.toISOString() };
	if (suspended !== undefined) own.push(recordChange(services, "service.expire", after, { ...suspended, ...at }));
	return {
		answer: { service: tellService(after, standing), changed, inventoryOnly: true },
		changes: [...changes, ...own],
	};
}

/** A row as it is behind changes. */
function afterOf(changes: readonly RecordChange[], row: Service): Service {
	const own = changes.findLast(({ before }) => (before as Service | null)?.number === row.number);
	return (own?.after as Service | undefined) ?? row;
}

function nameTaken({ name }: Service): CfmError {
	return new CfmError("conflict", "service-exists", t`Another service is recorded as ${name}.`, {
		hints: [line("services show", [name]), line("services set", [name], { cert: { fill: "ALIAS" } })],
		data: { name },
	});
}

function onRetired(alias: string): CfmError {
	return new CfmError("conflict", "certificate-retired", t`${alias} was retired.`, {
		hints: [line("certs show", [alias])],
		data: { alias },
	});
}

function cannotSign({ name }: Service, { certificate, ended, lacks }: Standing): CfmError {
	const { alias } = certificate;
	const cause = ended?.cause ?? "certificate-expired";
	return new CfmError("conflict", "service-cannot-sign", t`${name} can't be active: ${causeText(cause)}.`, {
		hints: [
			lacks === "certificate"
				? line("services set", [name], { cert: { fill: "ALIAS" } })
				: line("certs access renew", [alias], { granted: { fill: "2026-01-15" } }),
		],
		data: { name, alias, cause },
	});
}
