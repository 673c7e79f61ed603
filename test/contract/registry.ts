import { describe } from "vitest";
import { activationsContract } from "./activations-model.js";
import { noticesModelContract } from "./notices-model.js";
import { certificatesContract } from "./registry-certificates.js";
import { changesContract } from "./registry-changes.js";
import { checkContract } from "./registry-check.js";
import { copiesContract } from "./registry-copies.js";
import { flightsContract } from "./registry-flights.js";
import { freeIdsContract } from "./registry-free-ids.js";
import { historyContract } from "./registry-history.js";
import { kindsContract } from "./registry-kinds.js";
import { looksContract } from "./registry-looks.js";
import { operatorsContract } from "./registry-operators.js";
import { outboxContract } from "./registry-outbox.js";
import { requestsContract } from "./registry-requests.js";
import { sitesContract } from "./registry-sites.js";
import { viewsContract } from "./registry-views.js";
import { servicesContract } from "./services-model.js";
import type { OpenStore } from "./store.js";

/** What every adapter of the port `Registry` promises. */
export function registryContract(name: string, open: OpenStore): void {
	describe(`the registry on ${name}`, () => {
		describe("changes", () => changesContract(open));
		describe("requests", () => requestsContract(open));
		describe("views", () => viewsContract(open));
		describe("free IDs", () => freeIdsContract(open));
		describe("flights", () => flightsContract(open));
		describe("history", () => historyContract(open));
		describe("record kinds", () => kindsContract(open));
		describe("activations", () => activationsContract(open));
		describe("services", () => servicesContract(open));
		describe("certificates", () => certificatesContract(open));
		describe("operators", () => operatorsContract(open));
		describe("sites", () => sitesContract(open));
		describe("last looks", () => looksContract(open));
		describe("notices", () => outboxContract(open));
		describe("notices, by a model,", () => noticesModelContract(open));
		describe("check", () => checkContract(open));
		describe("snapshots and copies", () => copiesContract(open));
	});
}
