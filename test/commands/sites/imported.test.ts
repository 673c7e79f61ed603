import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readImportedSites } from "../../../src/commands/sites/_imported.js";
import { failure } from "../../lib/failure.js";
import { folderOfThisFile } from "../../lib/folder-of-file.js";

const path = join(folderOfThisFile("imported-sites"), "sites.csv");

it.each(["", "\r\n\r\n", "site,note\n", "# none\n"])(
	"an empty file has no sites, which is what is missing: %j",
	async (content) => {
		writeFileSync(path, content);
		expect(await failure(() => readImportedSites(path))).toMatchObject({
			code: "empty-input",
			message: `${path} contains no sites.`,
		});
	},
);

it("a table that was printed is refused with how sites are written", async () => {
	writeFileSync(path, "Site\n----\nhttps://a.example\n");
	const error = await failure(() => readImportedSites(path));
	expect(error.code).toBe("printed-output");
	expect(String(error.hints)).toContain("one site per line");
	expect(String(error.hints)).not.toContain("Get-ADUser");
});
