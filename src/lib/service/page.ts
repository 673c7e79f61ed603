import { registered, relate } from "../account/whose.js";
import { pagePart } from "../finding/page-part.js";
import type { SubjectSources } from "../id/page.js";
import { certificates } from "../registered/certificate.js";
import { standText, type ToldCertificate, tellCertificate } from "../registered/told.js";
import { t } from "../text.js";
import { toldServicesOn } from "./find.js";
import type { ToldService } from "./told.js";

/** A certificate that somebody signs with, and the services that do. */
interface OwnCertificate extends ToldCertificate {
	services: Pick<ToldService, "name" | "status" | "cause">[];
}

interface CertificatePartSources extends SubjectSources {
	now: () => Date;
}

/** The registered certificates whose owner somebody is; what was retired is nobody's concern. */
const ownCertificates = pagePart<CertificatePartSources, keyof CertificatePartSources, OwnCertificate[]>({
	name: "certificates",
	title: () => t`Certificates`,
	needs: ["registry", "subject", "now"],
	look: ({ registry, subject: { environment, account }, now }) =>
		registry.read(async (view) => {
			const own: OwnCertificate[] = [];
			const where = { owner: account.name };
			for await (const chunk of view.records(certificates, { where, order: "alias", bare: true })) {
				for (const row of chunk) {
					const owner = row.owner === null ? undefined : registered({ user: row.owner, sid: null });
					const isOwn = owner !== undefined && relate(account, owner, environment.domains) !== "different";
					if (!isOwn || row.status === "retired") continue;
					const services = (await toldServicesOn(view, row, now())).map(({ name, status, cause }) => ({
						...{ name, status, cause },
					}));
					own.push({ ...tellCertificate(row, now()), services });
				}
			}
			return own;
		}),
	facts: (told) =>
		told.map(({ alias, services, ...one }) => {
			const stands = t`${alias}: ${standText(one)}`;
			const off = services.filter(({ status }) => status === "suspended").map(({ name }) => name);
			return [t`Certificate`, off.length === 0 ? stands : t`${stands}; suspended: ${off.join(", ")}`] as const;
		}),
});

export const certificateParts = [ownCertificates];
