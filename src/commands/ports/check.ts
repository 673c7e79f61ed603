import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { checkPort, findTarget, lookAtNetwork, notUsable, obstaclesBy } from "../../lib/port/check.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Check whether a port can be used now, and if not, why`,
	description: t`Checks listeners and excluded ranges, and tries to bind the port if nothing listens.`,
	role: "auditor",
	registry: true,
	args: { what: { summary: t`An ID, a user, or a port; :18000 always means a port`, required: true } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [
		{ what: t`The port of an ID`, line: "cfm ports check 7" },
		{ what: t`Of a user`, line: "cfm ports check CORP\\ana" },
		{ what: t`A port`, line: "cfm ports check 24400" },
	],
	async run({ args, flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: true });
		const network = await context.host.network();
		const seen = await lookAtNetwork(network);
		const profile = settings.clientProfile();
		const obstacle = obstaclesBy(seen, network, profile.commonPort);
		const target = await registry.read(async (view) => {
			const environment = await requireEnvironment(view, settings.environment);
			return findTarget(view, environment, args.what, seen, obstacle);
		});
		const { check, remarks } = await checkPort(target, seen, network, profile);
		for (const remark of remarks) context.shell.warn(remark);
		return check;
	},
	view: ({ port, id, expectedUser, usable, reasons }): Block[] => {
		const whose = [id === null ? "" : t`ID ${id}`, expectedUser ?? ""].filter(Boolean).join(", ");
		const named = whose === "" ? t`Port ${port}` : t`Port ${port} (${whose})`;
		return [
			usable
				? { line: t`${named} can be used.`, tone: "good" }
				: { line: t`${named} cannot be used now.`, tone: "bad" },
			...reasons.map(({ message, blocking }) => ({
				line: `- ${message}`,
				tone: blocking ? ("bad" as const) : ("caution" as const),
			})),
		];
	},
	verdict: notUsable,
});
