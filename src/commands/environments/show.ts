import { command } from "../../lib/cli/definition.js";
import { portOf, requireEnvironment } from "../../lib/environment/environment.js";
import { plural, t } from "../../lib/text.js";

export default command({
	summary: t`Show one environment: range, port rule, free IDs`,
	role: "auditor",
	registry: true,
	args: { name: { of: "environment", summary: t`Its name; by default, the environment from the settings` } },
	examples: [{ what: t`The default one`, line: "cfm environments show default" }],
	async run({ args }, context) {
		const settings = await context.settings({ environment: args.name });
		const registry = await context.registry(settings, { readonly: true });
		return registry.read(async (view) => {
			const environment = await requireEnvironment(view, settings.environment);
			const { name } = environment;
			const count = (state: "allocated" | "reserved" | "quarantined") =>
				view.countAllocations({ environment: name, state });
			const free = await view.free(name);
			return {
				...environment,
				firstPort: portOf(environment, environment.firstId),
				lastPort: portOf(environment, environment.lastId),
				free: free.count,
				nextId: free.first,
				allocated: await count("allocated"),
				reserved: await count("reserved"),
				quarantined: await count("quarantined"),
			};
		});
	},
	view: (shown) => [
		{
			facts: [
				[t`Environment`, shown.name],
				[t`IDs`, `${shown.firstId}-${shown.lastId}`],
				[t`Ports`, t`${shown.firstPort}-${shown.lastPort} (${shown.portBase} + ${shown.portStride} × ID)`],
				[t`Quarantine`, plural(shown.quarantineDays, { one: "1 day", other: `${shown.quarantineDays} days` })],
				[t`Domain of names without one`, shown.domain],
				...shown.domains
					.map(({ name, aliases }) => [t`Other names of ${name}`, aliases.join(", ")] as const)
					.filter(([, aliases]) => aliases !== ""),
				[t`Allocated`, shown.allocated],
				[t`Reserved`, shown.reserved],
				[t`Quarantined`, shown.quarantined],
				[t`Free`, shown.free],
				[t`Next free ID`, shown.nextId],
				[t`Note`, shown.note],
			],
		},
	],
});
