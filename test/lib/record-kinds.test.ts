import { expect, it } from "vitest";
import { migrations } from "../../src/lib/adapters/registry-sqlite/schema.js";
import { recordKinds, registrySchema } from "../../src/lib/record-kinds.js";

/** What was called before there was a rule; no kind that comes has such an action. */
const old = [
	"add-environment set-environment remove-environment add-site remove-site install uninstall set-client",
	"allocate release reserve move free import",
].flatMap((line) => line.split(" "));

it("no two kinds have a name, a table or an action in common, and new actions are noun.verb", () => {
	const actions = recordKinds.flatMap((kind) => kind.actions);
	for (const names of [recordKinds.map(({ name }) => name), recordKinds.map(({ table }) => table.name), actions]) {
		expect(new Set(names).size).toBe(names.length);
	}
	for (const action of actions.filter((one) => !old.includes(one)))
		expect(action).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+$/);
});

it("the schema's number is that of the newest SQL", () => {
	const numbers = recordKinds.flatMap(({ schema }) => Object.keys(schema.sqlite).map(Number));
	expect(Math.max(...numbers)).toBeLessThanOrEqual(registrySchema);
	expect(migrations(recordKinds)).toHaveLength(registrySchema);
	for (const sql of migrations(recordKinds)) expect(sql).toMatch(/CREATE/);
});

it("filters, orders and keys name fields or columns that there are", () => {
	for (const { table, filters, orders, key, about } of recordKinds) {
		const columns = Object.values<string | { column: string }>(table.columns).map((one) =>
			typeof one === "string" ? one : one.column,
		);
		const places = [...Object.keys(table.columns), ...Object.keys(table.made ?? {}), "environment"];
		for (const { by } of Object.values(filters)) expect(places).toContain(by);
		for (const name of Object.values(orders).flat()) expect(places).toContain(name);
		for (const field of [...key, ...about]) expect(places).toContain(field);
		for (const column of table.key) expect([...columns, ...Object.keys(table.made ?? {})]).toContain(column);
	}
});

it("whatever is about users follows them when they are renamed", () => {
	for (const { name, about, rename, actions } of recordKinds.filter(({ about }) => about.length > 0)) {
		// IDs are renamed their own way.
		if (name !== "allocation") expect(actions, `${name}: ${about.join()}`).toContain(rename);
	}
});
