import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Show where the registry is and how it is stored`,
	registry: true,
	examples: [{ what: t`The registry in use`, line: "cfm registry info" }],
	async run(_request, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const { location, ...info } = await registry.info();
		return { registry: location, ...info };
	},
	view: (info) => [
		{
			facts: [
				[t`Registry`, info.registry],
				[t`Kind`, `${info.kind} ${info.sqliteVersion}`],
				[t`Schema`, info.schema],
				[t`Size`, t`${Math.ceil(info.sizeBytes / 1024)} KiB`],
				[t`Environments`, info.environments],
				[t`IDs in use`, info.allocations],
				[t`Events`, info.events],
				[t`Journal`, info.journalMode],
			],
		},
	],
});
