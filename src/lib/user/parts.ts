import { activationParts } from "../activation/page.js";
import { clientParts } from "../client/page.js";
import { type Sources as DoctorSources, probes } from "../doctor/sources.js";
import type { PagePart } from "../finding/page-part.js";
import type { Probe } from "../finding/probe.js";
import { idParts, type SubjectSources } from "../id/page.js";
import { portParts } from "../port/page.js";
import { certificateParts } from "../service/page.js";
import { webIdParts } from "../webid/page.js";

/** All that a page about a user is made of: what `doctor` looks at, and who it is about. */
export type PageSources = DoctorSources & SubjectSources;

/** What stands on the page, in this order. A room's new part stands in its own list, a new room here. */
export const parts: readonly PagePart<PageSources>[] = [
	...idParts,
	...portParts,
	...clientParts,
	...activationParts,
	...certificateParts,
	...webIdParts,
];

/** What is looked for: every probe whose findings are about single users. */
export const userProbes: readonly Probe<DoctorSources>[] = probes.filter(({ aboutUsers }) => aboutUsers);
