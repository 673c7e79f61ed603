import type { Plan, RegistryOperation } from "../operation/operation.js";
import type { Access } from "../registered/access.js";
import { requireCertificate } from "../registered/find.js";
import { type AccessAnswer, type GrantRequest, renewAccess } from "../registered/grant.js";
import { recordChange } from "../registry/kind.js";
import type { RecordChange, RegistryView } from "../registry/registry.js";
import { plural } from "../text.js";
import { activated } from "./change.js";
import { servicesOn } from "./find.js";
import { type Service, services } from "./service.js";
import { settled } from "./settle.js";
import { isByExpiry, standingOf } from "./told.js";

export interface RenewAnswer extends AccessAnswer {
	/** Services that were suspended since access or certificate ran out, and are recorded as active now. */
	activated: string[];
	/** Those that still are. */
	suspended: string[];
}

type RenewPlan = Plan & { answer: RenewAnswer };

/**
 * `cfm certs access renew`. It activates nothing by itself: with `activate` it asks about the services that were suspended by
 * expiry, and can sign again.
 *
 * @throws as `renewAccess`
 */
export function renewWithServices(request: GrantRequest, activate: boolean): RegistryOperation<RenewPlan, RenewAnswer> {
	const renew = renewAccess(request);
	return {
		asked: { ...(renew.asked as object), activate },
		async plan(view) {
			const { answer, changes } = await renew.plan(view);
			const due = await settled(view, request.now);
			const waiting = await suspendedOn(view, request.certificate, due);
			const canSign = await signsAgain(view, request, answer.access);
			const active = activate && canSign ? waiting : [];
			return {
				answer: {
					...answer,
					...{ changed: answer.changed || active.length > 0, activated: active.map(({ name }) => name) },
					suspended: waiting.filter((one) => !active.includes(one)).map(({ name }) => name),
				},
				changes: [
					...due,
					...changes,
					...active.map((one) => recordChange(services, "service.activate", one, activated(one))),
				],
			};
		},
		...(activate && {
			danger: ({ answer: { activated: names } }: RenewPlan) =>
				names.length === 0
					? undefined
					: {
							question: plural(names.length, {
								one: "Record 1 service as active again?",
								other: `Record ${names.length} services as active again?`,
							}),
							details: names,
						},
		}),
		answer: ({ answer }) => answer,
	};
}

/** The services of a certificate that were suspended by expiry, behind the changes that are due. */
async function suspendedOn(view: RegistryView, alias: string, due: readonly RecordChange[]): Promise<Service[]> {
	const after = new Map(due.map((one) => [(one.after as Service).number, one.after as Service]));
	const rows = await servicesOn(view, await requireCertificate(view, alias));
	return rows.map((row) => after.get(row.number) ?? row).filter(isByExpiry);
}

async function signsAgain(view: RegistryView, { certificate, now }: GrantRequest, access: Access): Promise<boolean> {
	return standingOf(await requireCertificate(view, certificate), access, now).ended === null;
}
