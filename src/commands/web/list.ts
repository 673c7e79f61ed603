import { command } from "../../lib/cli/definition.js";
import { keepLook } from "../../lib/registry/look.js";
import { t } from "../../lib/text.js";
import { webIdsBefore } from "../../lib/webid/before.js";
import { otherAreasRemark } from "../../lib/webid/edit.js";
import { isProblem, listWebIds, repairHint, webIdSeen } from "../../lib/webid/list.js";
import { placesIn } from "../../lib/webid/scope.js";
import { framesFlag, webFlags, webRequest } from "./_flags.js";
import { webIdTools, webScope } from "./_scope.js";
import { webIdsView } from "./_view.js";

export default command({
	summary: t`List the web IDs in this machine's browsers`,
	description: t`Stored and expected, by user, browser, profile and site. Writes nothing.`,
	role: "auditor",
	own: ({ flags: { user } }, me) => me.areOnly(user),
	list: {
		rows: "webIds",
		fields: [
			"user",
			"browser",
			"profile",
			"profilePath",
			"store",
			"site",
			"frame",
			"container",
			"webId",
			"expectedId",
			"verdict",
			"state",
			"why",
			"forgets",
			"unknown",
		],
	},
	registry: true,
	flags: {
		...webFlags,
		...framesFlag,
		problems: { kind: "boolean", summary: t`Only what needs attention` },
		discover: { kind: "boolean", summary: t`Every site with a web ID, managed or not` },
	},
	examples: [
		{ what: t`All users, all managed sites`, line: "cfm web list" },
		{ what: t`Who needs attention`, line: "cfm web list --problems" },
		{ what: t`Find the sites that have a web ID`, line: "cfm web list --discover" },
	],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const asked = webRequest(flags, settings.environment);
		const scope = await webScope(context, settings, flags.discover ? { ...asked, sites: "all" } : asked);
		if (scope.onlyOwn !== null)
			context.shell.warn(
				t`Only your own browsers are listed. Can't determine who else has a profile here: ${scope.onlyOwn}`,
			);
		for (const hint of scope.undecided) context.shell.warn(hint);
		const { stores, finder } = await webIdTools(context, settings);
		const withoutProfile: string[] = [];
		let otherAreas = 0;
		const counting = (count: number) => {
			otherAreas += count;
		};
		const rows = await context.shell.withProgress(t`Reading browsers`, (progress) => {
			const places = placesIn(scope, finder, progress, ({ user, expected }) => {
				if (expected.id !== null || expected.why === "unknown") withoutProfile.push(user.account);
			});
			const areas = flags.frames ? "list" : counting;
			return Array.fromAsync(listWebIds(stores, places, scope.sites, areas));
		});
		if (otherAreas > 0) context.shell.warn(otherAreasRemark(otherAreas));
		const folder = { "profile-dir": flags["profile-dir"], "browser-kind": flags["browser-kind"] };
		const repair = repairHint(rows, settings.environment, folder);
		if (repair !== undefined) context.shell.warn(repair);
		const isWhole = asked.folder === undefined && asked.browsers.length + asked.sites.length === 0 && !flags.discover;
		const isOfAll = flags.user.length === 0 && scope.onlyOwn === null;
		const [registry, machine] = [isWhole ? scope.registry : undefined, context.host.name()];
		const before = await registry
			?.read((view) => webIdsBefore(view, settings.environment, machine))
			.catch(() => undefined);
		await keepLook(registry, () => ({
			environment: settings.environment,
			machine,
			kind: "web-ids",
			at: context.host.now().toISOString(),
			users: isOfAll ? null : scope.users.map(({ user }) => user.account),
			// What every look sees: the sites' own storage.
			sightings: rows
				.filter(({ frame, container }) => frame === null && container === null)
				.map((row) => webIdSeen(row, before ?? new Map())),
		}));
		const webIds = flags.problems ? rows.filter(isProblem) : rows;
		return { webIds, total: webIds.length, withoutProfile, ...(flags.problems ? { problemsOnly: true } : {}) };
	},
	view: ({ webIds, ...about }) => webIdsView(webIds, about),
});
