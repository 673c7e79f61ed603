import { activations } from "./activation/activation.js";
import { installations } from "./client/installation.js";
import { suppressions } from "./doctor/suppression.js";
import { environments } from "./environment/environment.js";
import { allocations } from "./id/allocation.js";
import { silences } from "./notice/silence.js";
import { operators } from "./operator/operator.js";
import { accesses } from "./registered/access.js";
import { certificates } from "./registered/certificate.js";
import type { RecordKind } from "./registry/kind.js";
import { services } from "./service/service.js";
import { sites } from "./site/site.js";

/**
 * The number of the registry's schema, that of the newest SQL of any kind. A new kind takes the next one, or, when this one
 * was not released yet, this one.
 */
export const registrySchema = 8;

/** Every kind of record, environments first: the others stand in them. What is not here, no registry keeps. */
export const recordKinds: readonly RecordKind[] = [
	environments,
	allocations,
	installations,
	sites,
	suppressions,
	activations,
	certificates,
	accesses,
	services,
	silences,
	operators,
];
