import { expect, it } from "vitest";
import { sitesTable } from "../../../src/commands/sites/_table.js";
import { said } from "../../lib/hints.js";

it("where no site is managed, the command that adds one is for the environment that was asked for", () => {
	const empty = (environment?: string) => said({ hints: [sitesTable([], environment).empty] })[0];
	expect(empty()).toBe("No site is managed yet. Add one: cfm sites add https://HOST");
	expect(empty("south")).toMatch(/cfm sites add https:\/\/HOST --environment south$/);
});
