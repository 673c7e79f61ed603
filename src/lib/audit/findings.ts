import type { AnyKind } from "../finding/finding.js";
import { clientAuditKinds, holderAuditKinds } from "./client-findings.js";
import { editionAuditKinds } from "./edition-findings.js";
import { webAuditKinds } from "./web-findings.js";

/** What only shows when registry, clients, listeners and web IDs are held against each other, for everybody. */
export const auditKinds: readonly AnyKind[] = [
	...clientAuditKinds,
	...holderAuditKinds,
	...editionAuditKinds,
	...webAuditKinds,
];
