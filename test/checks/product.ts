/** The product as the workers call it: the checks' only way into `src/`. */
import { randomUUID } from "node:crypto";
import { parseAccount } from "../../src/lib/account/account.js";
import { openSqliteRegistry } from "../../src/lib/adapters/registry-sqlite/open.js";
import { requireEnvironment } from "../../src/lib/environment/environment.js";
import { allocateIds } from "../../src/lib/id/allocate.js";
import { holdingOf } from "../../src/lib/id/holder.js";
import { releaseIds } from "../../src/lib/id/release.js";
import { carryOut } from "../../src/lib/operation/carry-out.js";
import type { Attribution, Registry } from "../../src/lib/registry/registry.js";

export interface Product {
	/** Gives a user an ID. @param requestKey none: one is made, and no answer is kept */
	allocate(environment: string, user: string, requestKey?: string): Promise<number>;
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
	return productOn(registry);
}

/** The product on a registry of any kind. */
export function productOn(registry: Registry): Product {
	const asked = (command: string, user: string, requestKey?: string) => ({
		registry,
		attribution: attribution(command, user, requestKey),
		asker: { agree: async () => true },
	});
	return {
		async allocate(environment, user, requestKey) {
			const request = { environment, applicants: [{ account: parseAccount(user) }] };
			return onlyId(await carryOut(allocateIds(request), asked("ids allocate", user, requestKey)));
		},
		async release(environment, user, requestKey) {
			const request = { environment, targets: [{ account: parseAccount(user) }], atOnce: false };
			return onlyId(await carryOut(releaseIds(request), asked("ids release", user, requestKey)));
		},
		find: (name, user) =>
			registry.read(async (view) => {
				const environment = await requireEnvironment(view, name);
				const meant = await holdingOf(view, environment, parseAccount(user));
				return meant.is === "one" ? meant.one.id : undefined;
			}),
		close: () => registry.close(),
	};
}

function attribution(command: string, user: string, asked: string | undefined): Attribution {
	const by = { actor: "check", machine: "check", command, fingerprint: `${command} ${user}` };
	return { ...by, requestKey: asked ?? randomUUID(), repeatable: asked !== undefined };
}

function onlyId({ allocations }: { allocations: { id: number }[] }): number {
	const [only] = allocations;
	if (only === undefined || allocations.length !== 1) throw new Error(`${allocations.length} answers for one user`);
	return only.id;
}
