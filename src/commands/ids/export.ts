import { command } from "../../lib/cli/definition.js";
import { parseDelimiter } from "../../lib/cli/input/flags.js";
import type { Block } from "../../lib/cli/view.js";
import { toCsv, toJson } from "../../lib/id/export.js";
import { type AllocationList, listAllocations } from "../../lib/id/list.js";
import { plural, t } from "../../lib/text.js";

type Exported = { format: "csv" | "json"; delimiter?: string; total: number } & (
	| { file: string }
	| Pick<AllocationList, "allocations">
);

export default command({
	summary: t`Write all IDs as CSV or JSON`,
	role: "auditor",
	registry: true,
	flags: {
		format: { kind: "text", value: "FORMAT", choices: ["csv", "json"], summary: t`csv (default) or json` },
		"out-file": { kind: "text", char: "o", value: "FILE", summary: t`Write this file instead of stdout` },
		force: { kind: "boolean", summary: t`Replace the file when it exists` },
		delimiter: {
			kind: "text",
			value: "CHARACTER",
			summary: t`Between columns: comma (default), semicolon, tab or pipe`,
		},
		environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` },
	},
	examples: [
		{ what: t`For a spreadsheet`, line: "cfm ids export --out-file ids.csv" },
		{
			what: t`For a spreadsheet whose lists are separated by semicolons`,
			line: "cfm ids export --delimiter semicolon",
		},
		{ what: t`As JSON`, line: "cfm ids export --format json" },
	],
	async run({ flags }, context): Promise<Exported> {
		const delimiter = flags.delimiter === undefined ? undefined : parseDelimiter(flags.delimiter);
		const registry = await context.registry(await context.settings(), { readonly: true });
		const { allocations, total } = await listAllocations(await registry.snapshot(), { environment: flags.environment });
		const format = flags.format ?? "csv";
		if (flags["out-file"] === undefined) {
			return { format, ...(delimiter !== undefined && { delimiter }), allocations, total };
		}
		const pieces = format === "csv" ? toCsv(allocations, delimiter) : toJson(allocations);
		return { format, file: await context.host.files.write(flags["out-file"], pieces, { force: flags.force }), total };
	},
	view(result): Block[] {
		if ("file" in result) {
			const { total, file } = result;
			return [{ line: plural(total, { one: `1 ID written to ${file}`, other: `${total} IDs written to ${file}` }) }];
		}
		return [
			{ verbatim: result.format === "csv" ? toCsv(result.allocations, result.delimiter) : toJson(result.allocations) },
		];
	},
});
