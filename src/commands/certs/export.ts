import { command } from "../../lib/cli/definition.js";
import { parseDelimiter } from "../../lib/cli/input/flags.js";
import type { Block } from "../../lib/cli/view.js";
import { toJson } from "../../lib/id/export.js";
import { certificatesCsv, type ExportedCertificate, exportCertificates } from "../../lib/registered/export.js";
import type { Chunks } from "../../lib/registry/registry.js";
import { plural, t } from "../../lib/text.js";

type Exported = { format: "csv" | "json"; delimiter?: string; total: number } & (
	| { file: string }
	| { certificates: Chunks<ExportedCertificate> }
);

export default command({
	summary: t`Write all registered certificates as CSV or JSON`,
	description: t`With each certificate itself, for "cfm certs import"; without access and services.`,
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
	},
	examples: [
		{ what: t`For a spreadsheet`, line: "cfm certs export --out-file registered.csv" },
		{ what: t`As JSON`, line: "cfm certs export --format json --out-file certificates.json" },
	],
	async run({ flags }, context): Promise<Exported> {
		const delimiter = flags.delimiter === undefined ? undefined : parseDelimiter(flags.delimiter);
		const registry = await context.registry(await context.settings(), { readonly: true });
		const { certificates, total } = await exportCertificates(await registry.snapshot());
		const format = flags.format ?? "csv";
		if (flags["out-file"] === undefined) {
			return { format, ...(delimiter !== undefined && { delimiter }), certificates, total };
		}
		const pieces = format === "csv" ? certificatesCsv(certificates, delimiter) : toJson(certificates);
		return { format, file: await context.host.files.write(flags["out-file"], pieces, { force: flags.force }), total };
	},
	view(result): Block[] {
		if ("file" in result) {
			const { total, file } = result;
			return [
				{
					line: plural(total, {
						one: `1 certificate written to ${file}`,
						other: `${total} certificates written to ${file}`,
					}),
				},
			];
		}
		const { format, certificates, delimiter } = result;
		return [{ verbatim: format === "csv" ? certificatesCsv(certificates, delimiter) : toJson(certificates) }];
	},
});
