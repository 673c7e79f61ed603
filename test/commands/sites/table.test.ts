import { expect, it } from "vitest";
import { sitesTable } from "../../../src/commands/sites/_table.js";

it("where no site is cared for, the command that adds one is for the environment that was asked for", () => {
	expect(sitesTable([]).empty).toBe("No site is managed yet. Add one: cfm sites add https://HOST");
	expect(sitesTable([], "default").empty).toBe("No site is managed yet. Add one: cfm sites add https://HOST");
	expect(sitesTable([], "south").empty).toMatch(/cfm sites add https:\/\/HOST --environment south$/);
});
