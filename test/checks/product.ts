/** The product as the workers call it: the checks' only way into `src/`. */
import { parseAccount } from "../../src/lib/account/account.js";
import { openSqliteRegistry } from "../../src/lib/adapters/registry-sqlite/open.js";
import { requireEnvironment } from "../../src/lib/environment/environment.js";
import { allocationAnswer, planAllocation } from "../../src/lib/id/allocate.js";
import { holdings } from "../../src/lib/id/holder.js";
import { planRelease, releaseAnswer } from "../../src/lib/id/release.js";
import { carryOut } from "../../src/lib/registry/carry-out.js";
import type { Origin } from "../../src/lib/registry/port.js";

export interface Product {
	/** Gives a user an ID. */
	allocate(environment: string, user: string, requestKey: string): Promise<number>;
	/** Takes it back; answers which one it was. */
	release(environment: string, user: string, requestKey: string): Promise<number>;
	/** The ID that is stored for a user now. */
	find(environment: string, user: string): Promise<number | undefined>;
	close(): void;
}

export async function openProduct(file: string, pragmas: Record<string, string | number>): Promise<Product> {
	const registry = await openSqliteRegistry(file, { readonly: false });
	// biome-ignore lint/complexity/useLiteralKeys: private on purpose; only a control run goes behind the product's back
	const database = registry["database"];
	for (const [name, value] of Object.entries(pragmas)) database.pragma(`${name} = ${value}`);
	return {
		async allocate(environment, user, requestKey) {
			const request = { environment, applicants: [{ account: parseAccount(user) }] };
			const answer = await carryOut(registry, origin("ids allocate", user, requestKey), {
				plan: (view) => planAllocation(view, request),
				answer: allocationAnswer,
			});
			return onlyId(answer);
		},
		async release(environment, user, requestKey) {
			const request = { environment, targets: [{ account: parseAccount(user) }], atOnce: false };
			const answer = await carryOut(registry, origin("ids release", user, requestKey), {
				plan: (view) => planRelease(view, request),
				answer: releaseAnswer,
			});
			return onlyId(answer);
		},
		find: (name, user) =>
			registry.read(async (view) => {
				const environment = await requireEnvironment(view, name);
				return (await holdings(view, environment, parseAccount(user))).same?.id;
			}),
		close: () => registry.close(),
	};
}

function origin(command: string, user: string, requestKey: string): Origin {
	return { actor: "check", machine: "check", command, requestKey, repeatable: true, fingerprint: `${command} ${user}` };
}

function onlyId({ allocations }: { allocations: { id: number }[] }): number {
	const [only] = allocations;
	if (only === undefined || allocations.length !== 1) throw new Error(`${allocations.length} answers for one user`);
	return only.id;
}
