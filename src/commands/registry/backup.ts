import { existsSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Back up the registry while others use it`,
	registry: true,
	args: { file: { summary: t`The file to write, or a folder for it`, required: true } },
	flags: { "dry-run": { kind: "boolean", summary: t`Show what would be written, and write nothing` } },
	examples: [{ what: t`To a folder, named by the time`, line: "cfm registry backup ." }],
	async run({ args, flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: false });
		const target = resolve(args.file);
		const stamp = new Date().toISOString().replace(/[-:]/g, "").slice(0, 15);
		const intoFolder = existsSync(target) && statSync(target).isDirectory();
		const file = intoFolder ? join(target, `registry-${stamp}Z.db`) : target;
		if (flags["dry-run"]) return { file, registry: registry.location, sizeBytes: null, dryRun: true };
		await registry.backup(file);
		return { file, registry: registry.location, sizeBytes: statSync(file).size };
	},
	view: (result) => [{ line: t`Backed up to ${result.file}`, tone: "good" }],
});
