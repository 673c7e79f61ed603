import { command } from "../../lib/cli/definition.js";
import type { Context } from "../../lib/context.js";
import { planRun, runError, runNotices, untoldText } from "../../lib/notice/run.js";
import type { Registry } from "../../lib/registry/registry.js";
import { settled } from "../../lib/service/settle.js";
import { t } from "../../lib/text.js";
import { toolsOf } from "./_tools.js";
import { noticeFields, noticesTable } from "./_view.js";

export default command({
	summary: t`Tell people what is due: codes, certificates, access, quarantines, findings`,
	description: t`Each recipient gets one mail a day, from notify.hour on. Run it as often as you like, on several machines: nothing is told twice; what failed is tried again.`,
	role: "issuer",
	registry: true,
	list: { rows: "notices", fields: noticeFields },
	flags: {
		"dry-run": { kind: "boolean", summary: t`Show who would be told what, and send nothing` },
	},
	examples: [
		{ what: t`What would be told now`, line: "cfm notify run --dry-run" },
		{ what: t`As a scheduled task`, line: "cfm notify run" },
	],
	async run({ flags }, context) {
		const settings = await context.settings();
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const tools = await toolsOf(context, settings);
		if (!flags["dry-run"]) await recordExpired(context, registry);
		const ran = flags["dry-run"] ? await planRun(registry, tools) : await runNotices(registry, tools);
		if (ran.untold.length > 0) context.shell.warn(untoldText(ran.untold));
		return ran;
	},
	view: ({ notices }) => [noticesTable(notices)],
	verdict: runError,
});

/** A service that reads as suspended has its event from whoever may write first. */
async function recordExpired(context: Context, registry: Registry): Promise<void> {
	const now = context.host.now();
	if ((await registry.read((view) => settled(view, now))).length === 0) return;
	const attribution = await context.attribution({});
	await registry.change(attribution, async (transaction) =>
		transaction.apply(await settled(transaction, now), attribution),
	);
}
