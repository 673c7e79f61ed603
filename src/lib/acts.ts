import { clientActs } from "./client/acts.js";
import type { ActKind } from "./operation/act.js";
import { portActs } from "./port/acts.js";
import { scheduleActs } from "./schedule/change.js";
import { updateActs } from "./self/update.js";
import { settingActs } from "./settings/acts.js";
import { webIdActs } from "./webid/acts.js";

/** What is done outside the registry, by kind: what undoes it. */
export const actKinds: readonly ActKind[] = [
	...clientActs,
	...portActs,
	...scheduleActs,
	...settingActs,
	...updateActs,
	...webIdActs,
];
