import { parseAccount } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { requireHolding } from "../../lib/id/holder.js";
import { registryClosed } from "../../lib/registry/refusals.js";
import { t } from "../../lib/text.js";
import { requireSites } from "../../lib/webid/scope.js";
import { browsersOf, ownWebIds, webIdSteps } from "../../lib/webid/steps.js";
import { webFlags, webRequest } from "./_flags.js";

export default command({
	summary: t`Show how users can set the web ID themselves`,
	description: t`For browsers that are never closed, or that cfm does not write. Changes nothing.`,
	role: "none",
	registry: true,
	args: { user: { summary: t`The user; by default, whoever runs cfm` } },
	flags: { site: webFlags.site, browser: webFlags.browser, environment: webFlags.environment },
	examples: [
		{ what: t`To mail to a user`, line: "cfm web steps CORP\\ben" },
		{ what: t`In one browser`, line: "cfm web steps CORP\\ben --browser firefox" },
	],
	async run({ args, flags }, context) {
		const machine = await context.host.machine();
		// To an ordinary user the registry may be closed.
		const passBy = machine.elevated.known && !machine.elevated.value;
		const settings = await context.settings({ environment: flags.environment }, { passBy });
		const named = { ...flags, user: [], "profile-dir": undefined, "browser-kind": undefined };
		const request = webRequest(named, settings.environment);
		const current = (await machine.profiles.currentUser()).account;
		const user = parseAccount(args.user ?? current);
		const registry = passBy
			? await context.registryIfAllowed(settings, { readonly: true })
			: await context.registry(settings, { readonly: true });
		const browsers = await context.browsers(settings);
		if (registry === undefined && args.user !== undefined) throw registryClosed();
		const { id, environment, sites } =
			registry === undefined
				? { environment: undefined, ...(await ownWebIds(machine, settings.clientProfile(), browsers, request.sites)) }
				: await registry.read(async (view) => {
						const where = await requireEnvironment(view, request.environment);
						const { id: own } = await requireHolding(view, where, user);
						const managed = request.sites.length > 0 ? request.sites : await requireSites(view, where);
						return { id: own, environment: where, sites: managed };
					});
		if (registry === undefined)
			context.shell.warn(t`You may not read the registry: ID ${id} is the one that your client has.`);
		const { browsers: used, found } =
			request.browsers.length > 0
				? { browsers: request.browsers, found: true }
				: await browsersOf(machine, browsers.finder, user, environment);
		const steps = webIdSteps(id, sites, used);
		return { user: user.spelling, id, steps, total: steps.length, ...(found ? {} : { usualBrowsers: true }) };
	},
	view: ({ user, steps, usualBrowsers }): Block[] => [
		...(usualBrowsers
			? [
					{ line: t`No browser profile of ${user} was found on this machine; these are the usual browsers.` },
					{ line: "" },
				]
			: []),
		...steps.flatMap(({ browser, site, steps: lines }, at) => [
			...(at === 0 ? [] : [{ line: "" }]),
			{ line: `${browser}  ${site}` },
			...lines.map((line, number) => ({ line: `  ${number + 1}. ${line}` })),
		]),
	],
});
