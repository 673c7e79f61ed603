import { activationKinds } from "./activation/findings.js";
import { auditKinds } from "./audit/findings.js";
import { certificateKinds } from "./certificate/findings.js";
import { clientKinds } from "./client/findings.js";
import { timestampKinds } from "./cms/findings.js";
import type { AnyKind } from "./finding/finding.js";
import { probeKinds } from "./finding/probe.js";
import { idKinds } from "./id/findings.js";
import { noticeKinds } from "./notice/findings.js";
import { portKinds } from "./port/findings.js";
import { registeredKinds } from "./registered/findings.js";
import { registryKinds } from "./registry/findings.js";
import { serviceKinds } from "./service/findings.js";
import { siteKinds } from "./site/findings.js";
import { surroundingKinds } from "./surroundings/findings.js";
import { tokenKinds } from "./token/findings.js";
import { webIdKinds } from "./webid/findings.js";

/** All that `cfm` can find, room by room. A new kind stands in its room's list, a new room here. */
export const findingKinds: readonly AnyKind[] = [
	...registryKinds,
	...idKinds,
	...clientKinds,
	...portKinds,
	...siteKinds,
	...webIdKinds,
	...surroundingKinds,
	...activationKinds,
	...tokenKinds,
	...certificateKinds,
	...timestampKinds,
	...registeredKinds,
	...serviceKinds,
	...noticeKinds,
	...auditKinds,
	...probeKinds,
];
