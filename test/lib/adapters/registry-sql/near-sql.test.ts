import Database from "better-sqlite3";
import { distance } from "fastest-levenshtein";
import { describe, it } from "vitest";
import { nearSql } from "../../../../src/lib/adapters/registry-sql/near-sql.js";
import { sqlite } from "../../../../src/lib/adapters/registry-sqlite/dialect.js";
import fc from "../../../property.js";

const letter = fc.constantFrom("a", "b", "é", ".", "%", "😀");
const name = fc.array(letter, { minLength: 3, maxLength: 12 }).map((letters) => letters.join(""));

/** A name with some letters left out, put in, or exchanged. */
const changed = fc
	.tuple(name, fc.array(fc.tuple(fc.nat(12), fc.nat(1), fc.option(letter)), { maxLength: 2 }))
	.map(([given, changes]) => {
		const letters = [...given];
		for (const [at, gone, put] of changes) letters.splice(at, gone, ...(put === null ? [] : [put]));
		return [given, letters.join("")] as const;
	});

describe("names that may be called nearly so", () => {
	it("are all handed over, wherever the letters are wrong", () => {
		const database = new Database(":memory:");
		database.exec("CREATE TABLE allocations (name_key TEXT, state TEXT)");
		const put = database.prepare("INSERT INTO allocations VALUES (?, 'allocated')");
		fc.assert(
			fc.property(changed, fc.array(name, { maxLength: 5 }), ([asked, other], more) => {
				database.exec("DELETE FROM allocations");
				for (const one of [other, ...more]) put.run(one);
				const wrong = Math.min(2, Math.floor(asked.length / 3));
				const told = [true, false].flatMap((begins) => {
					const { sql, parameters } = nearSql({ name: asked, wrong, begins }, "allocations", sqlite);
					return (database.prepare(sql).all(...parameters) as { name: string }[]).map((row) => row.name);
				});
				return [other, ...more].every((one) => distance(one, asked) > wrong || told.includes(one));
			}),
			{ numRuns: 2000 },
		);
		database.close();
	});
});
