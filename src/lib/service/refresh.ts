import type { Plan, RegistryOperation } from "../operation/operation.js";
import type { RegisteredCertificate } from "../registered/certificate.js";
import { accessTo } from "../registered/find.js";
import { type AskedRevocation, type RefreshAnswer, recordRevocations } from "../registered/refresh.js";
import { recordChange } from "../registry/kind.js";
import type { RecordChange } from "../registry/registry.js";
import { servicesOn } from "./find.js";
import { type Service, services } from "./service.js";
import { settled } from "./settle.js";
import { standingOf, suspendedBy } from "./told.js";

export interface RefreshedAnswer extends RefreshAnswer {
	/** The services that are suspended since their certificate was revoked, as heard now. */
	suspended: string[];
}

/** `cfm certs refresh`: records what authorities said, and which services can't sign any more by that. */
export function refreshWithServices(
	asked: readonly AskedRevocation[],
	now: Date,
): RegistryOperation<Plan & { answer: RefreshedAnswer }, RefreshedAnswer> {
	const refresh = recordRevocations(asked, now);
	return {
		asked: refresh.asked,
		async plan(view) {
			const { answer, changes } = await refresh.plan(view);
			const due = await settled(view, now);
			const settledNow = new Set(due.map(({ after }) => (after as Service).number));
			const suspended: string[] = [];
			const own: RecordChange[] = [];
			for (const { after } of changes) {
				const certificate = after as RegisteredCertificate;
				const { ended } = standingOf(certificate, await accessTo(view, certificate), now);
				for (const service of await servicesOn(view, certificate)) {
					const off = settledNow.has(service.number) ? undefined : suspendedBy(service, ended);
					if (off === undefined) continue;
					own.push(
						recordChange(services, "service.expire", service, {
							...off,
							suspendedAt: off.suspendedAt ?? now.toISOString(),
						}),
					);
					suspended.push(service.name);
				}
			}
			return { answer: { ...answer, suspended }, changes: [...due, ...changes, ...own] };
		},
		answer: ({ answer }) => answer,
	};
}
