import { createSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/create.js";
/**
 * Looks at or changes a registry as a user without rights: a process of its own, since a process that was root can
 * only half become somebody else. `node nobody.cjs look|give|init FILE` prints the answer or the error as JSON.
 */

import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { driver } from "../../../../src/lib/adapters/sqlite/driver.js";
import { CfmError } from "../../../../src/lib/errors.js";
import { anAllocation, collect, idChange, make } from "../../../contract/store.js";

const actions: Record<string, (file: string) => Promise<unknown>> = {
	async look(file) {
		const registry = await openSqliteRegistry(file, { readonly: true });
		return registry.read(async (view) => (await collect(view.allocations({}))).map(({ id }) => id));
	},
	async give(file) {
		const registry = await openSqliteRegistry(file, { readonly: false });
		await make(registry, [idChange(null, anAllocation(9))]);
	},
	init: (file) => createSqliteRegistry(file),
};

const [, , action = "", file = ""] = process.argv;

async function main(): Promise<void> {
	await driver(); // while the checkout can be read: it may be in root's own folder
	const nobody = 65_534;
	process.setgroups?.([nobody]);
	process.setgid?.(nobody);
	process.setuid?.(nobody);
	try {
		console.log(JSON.stringify({ answer: (await actions[action]?.(file)) ?? null }));
	} catch (error) {
		const told = error instanceof CfmError ? { kind: error.kind, code: error.code } : { fault: String(error) };
		console.log(JSON.stringify(told));
	}
}
void main();
