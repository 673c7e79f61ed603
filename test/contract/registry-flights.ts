import { expect, it } from "vitest";
import { parseAccount } from "../../src/lib/account/account.js";
import { actKinds } from "../../src/lib/acts.js";
import { allocateIds } from "../../src/lib/id/allocate.js";
import type { AllocationState } from "../../src/lib/id/allocation.js";
import { importIds } from "../../src/lib/id/import.js";
import { releaseIds } from "../../src/lib/id/release.js";
import { reserveIds } from "../../src/lib/id/reserve.js";
import { carryOut } from "../../src/lib/operation/carry-out.js";
import type { Plan, RegistryOperation } from "../../src/lib/operation/operation.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import type { Registry, RegistryView } from "../../src/lib/registry/registry.js";
import { addSites } from "../../src/lib/site/plan.js";
import { sites } from "../../src/lib/site/site.js";
import { undoRequest } from "../../src/lib/undo/undo.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	environmentChange,
	idChange,
	make,
	type OpenStore,
} from "./store.js";
import { useStore } from "./use-store.js";

/** As many as a request may take, however long its list is: each is a way to a server and back. */
const most = 6;

const users = Array.from({ length: 200 }, (_, at) => `CORP\\user${at}`);
const applicants = users.map((user, at) => ({ account: parseAccount(user), line: at + 2 }));

/** Planners ask in sets: what a request costs does not grow with its list. */
export function flightsContract(open: OpenStore): void {
	const store = useStore(open);

	/** Carries an operation out. @returns how often something was asked while no answer was waited for */
	async function flightsOf<P extends Plan, R extends object>(
		operation: RegistryOperation<P, R>,
		requestKey = anAttribution().requestKey,
	): Promise<number> {
		const counter = { flights: 0 };
		const registry = counted(store().registry, counter);
		const before = store().flights?.() ?? 0;
		const attribution = anAttribution({ requestKey });
		await carryOut(operation, { registry, attribution, asker: { agree: async () => {} } as never });
		return Math.max(counter.flights, (store().flights?.() ?? 0) - before);
	}

	it("are few for any request, whatever the length of its list", async () => {
		await make(store().registry, [environmentChange(null, anEnvironment({ lastId: 2000 }))]);
		const environment = "default";
		expect(await flightsOf(allocateIds({ environment, applicants }))).toBeLessThanOrEqual(most);
		expect(await flightsOf(allocateIds({ environment, applicants }))).toBeLessThanOrEqual(most);
		expect(
			await flightsOf(releaseIds({ environment, targets: applicants.slice(0, 150), atOnce: false })),
		).toBeLessThanOrEqual(most);
		expect(await flightsOf(allocateIds({ environment, applicants }))).toBeLessThanOrEqual(most);
		expect(
			await flightsOf(reserveIds({ environment, ranges: [{ first: 500, last: 700 }], note: "printers" })),
		).toBeLessThanOrEqual(most);
		const rows = users.map((user, at) => ({
			...{ line: at + 2, id: 1001 + at, account: parseAccount(`LAB\\${user.slice(5)}x`), note: null },
			...{ state: "allocated" as const },
		}));
		expect(await flightsOf(importIds({ environment, rows }, () => {}))).toBeLessThanOrEqual(most);
		expect(await store().registry.read((view) => view.countAllocations({}))).toBe(200 + 201 + 200);
	});

	it("are few for what undoes a request, whatever the length of its list", async () => {
		await make(store().registry, [environmentChange(null, anEnvironment({ lastId: 2000 }))]);
		const environment = "default";
		const counts = async () => {
			const of = (state: AllocationState) => store().registry.read((view) => view.countAllocations({ state }));
			return [await of("allocated"), await of("quarantined")];
		};
		const undo = (request: string) => {
			const caller = anAttribution();
			return flightsOf(undoRequest({ request, caller }, { kinds: recordKinds, acts: actKinds }));
		};
		await flightsOf(allocateIds({ environment, applicants }), "given");
		await flightsOf(releaseIds({ environment, targets: applicants, atOnce: false }), "released");
		expect(await counts()).toEqual([0, 200]);
		expect(await undo("released")).toBeLessThanOrEqual(most);
		expect(await counts()).toEqual([200, 0]);
		await make(store().registry, [idChange(null, anAllocation(1900))], anAttribution({ requestKey: "other" }));
		expect(await undo("given")).toBeLessThanOrEqual(most);
		expect(await counts()).toEqual([1, 0]);
		const listed = () => store().registry.read((view) => view.countRecords(sites, { environment }));
		const named = users.map((_, at) => ({ origin: `https://site${at}.example.com` }));
		await flightsOf(addSites({ environment, sites: named }), "sites");
		expect(await listed()).toBe(200);
		expect(await undo("sites")).toBeLessThanOrEqual(most);
		expect(await listed()).toBe(0);
		expect(await undo("latest")).toBeLessThanOrEqual(most);
		expect(await listed()).toBe(200);
	});
}

/** A registry that counts what its views are asked. */
function counted(registry: Registry, counter: { flights: number }): Registry {
	let under = 0;
	const watched = <V extends RegistryView>(view: V): V =>
		new Proxy(view, {
			get(target, name) {
				const value: unknown = Reflect.get(target, name, target);
				if (typeof value !== "function") return value;
				return (...words: unknown[]) => {
					if (under === 0) counter.flights += 1;
					const answer: unknown = value.apply(target, words);
					if (!(answer instanceof Promise)) return answer;
					under += 1;
					return answer.finally(() => {
						under -= 1;
					});
				};
			},
		});
	return new Proxy(registry, {
		get(target, name) {
			if (name === "read")
				return (work: (view: RegistryView) => Promise<unknown>) => target.read((view) => work(watched(view)));
			if (name === "change") {
				return (...[attribution, work]: Parameters<Registry["change"]>) =>
					target.change(attribution, (transaction) => work(watched(transaction)));
			}
			const value: unknown = Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}
