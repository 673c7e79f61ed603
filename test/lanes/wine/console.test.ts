/** What a person sees in a console of Windows, whatever its code page: accents, colours, the lines of tables. */
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { done, home, machineWithCli } from "./cli.js";
import type { Wine } from "./setup.js";

let wine: Wine;
beforeAll(async () => {
	wine = await machineWithCli();
	await done(wine, ["ids", "allocate", "CONTOSO\\Jürgen Łuka", "Zoë"]);
});
afterAll(() => wine?.dispose());

test.each([437, 850, 1252, 65_001])("a table in a console of code page %d", async (codePage) => {
	const { exitCode, shown } = await wine.terminal(["ids", "list"], { codePage, env: { CFM_HOME: home } });
	expect(exitCode, shown).toBe(0);
	const text = stripVTControlCharacters(shown);
	expect(text).toContain("CONTOSO\\Jürgen Łuka");
	expect(text).toContain("Zoë");
	// Code page 1252 has no lines.
	expect(text).toContain(codePage === 1252 ? "+----" : "┌────");
	expect(text).toContain(codePage === 1252 ? "| CONTOSO" : "│ CONTOSO");
	// What is garbled is made of these: UTF-8 read in a code page; a code of colour that shows.
	expect(text).not.toMatch(/[ÔÃâ�├]|\[\d*m/);
});

test("what goes wrong is in colour, and no code of it shows", async () => {
	const { exitCode, shown } = await wine.terminal(["ids", "show", "nobody"], {
		codePage: 850,
		env: { CFM_HOME: home },
	});
	expect(exitCode, shown).toBe(3);
	const text = stripVTControlCharacters(shown);
	expect(text).toContain("nobody");
	expect(text).not.toMatch(/\[\d*m/);
});
