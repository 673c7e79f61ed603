import type { Plan, RegistryOperation } from "../operation/operation.js";
import { requireCertificate } from "../registered/find.js";
import { type CertificateAnswer, type RetireRequest, retireCertificate } from "../registered/register.js";
import { servicesOn } from "./find.js";
import { settling } from "./settle.js";

export interface RetireAnswer extends CertificateAnswer {
	/** The services that sign with it still, and are to be moved. */
	services: string[];
	/** The alias of the certificate to which. */
	replacedBy: string | null;
}

/** `cfm certs retire`: moves no service by itself, but tells which are to be moved. @throws as `retireCertificate` */
export function retireWithServices(
	request: RetireRequest,
): RegistryOperation<Plan & { answer: RetireAnswer }, RetireAnswer> {
	const retire = retireCertificate(request);
	const { certificate, replacedBy, now } = request;
	return settling(
		{
			asked: retire.asked,
			async plan(view) {
				const { answer, changes } = await retire.plan(view);
				const left = await servicesOn(view, await requireCertificate(view, certificate));
				const other = replacedBy === undefined ? null : (await requireCertificate(view, replacedBy)).alias;
				return { answer: { ...answer, services: left.map(({ name }) => name), replacedBy: other }, changes };
			},
			answer: ({ answer }) => answer,
		},
		now,
	);
}
