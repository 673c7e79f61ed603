import { parseAccount } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { requireHolding } from "../../lib/id/holder.js";
import { t } from "../../lib/text.js";
import { requireSites } from "../../lib/webid/scope.js";
import { usualBrowsers, webIdSteps } from "../../lib/webid/steps.js";
import { webFlags, webRequest } from "./_flags.js";

export default command({
	summary: t`Show how users can set the web ID themselves`,
	description: t`For browsers that are never closed, or that cfm does not write. Changes nothing.`,
	registry: true,
	args: { user: { summary: t`The user; by default, whoever runs cfm` } },
	flags: { site: webFlags.site, browser: webFlags.browser, environment: webFlags.environment },
	examples: [
		{ what: t`To mail to a user`, line: "cfm web steps CORP\\ben" },
		{ what: t`In one browser`, line: "cfm web steps CORP\\ben --browser firefox" },
	],
	async run({ args, flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const named = { ...flags, user: [], "profile-dir": undefined, "browser-kind": undefined };
		const request = webRequest(named, settings.environment);
		const user = parseAccount(args.user ?? (await (await context.host.machine()).profiles.currentUser()).account);
		const registry = await context.registry(settings, { readonly: true });
		return registry.read(async (view) => {
			const environment = await requireEnvironment(view, request.environment);
			const { id } = await requireHolding(view, environment, user);
			const sites = request.sites.length > 0 ? request.sites : await requireSites(view, environment);
			const steps = webIdSteps(id, sites, request.browsers.length > 0 ? request.browsers : usualBrowsers);
			return { user: user.spelling, id, steps, total: steps.length };
		});
	},
	view: ({ steps }): Block[] =>
		steps.flatMap(({ browser, site, steps: lines }, at) => [
			...(at === 0 ? [] : [{ line: "" }]),
			{ line: `${browser}  ${site}` },
			...lines.map((line, number) => ({ line: `  ${number + 1}. ${line}` })),
		]),
});
