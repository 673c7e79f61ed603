import { command } from "../lib/cli/definition.js";
import type { Block, Tone } from "../lib/cli/view.js";
import { clientFactsOf } from "../lib/client/page.js";
import { CfmError } from "../lib/errors.js";
import type { Fact } from "../lib/finding/page-part.js";
import { isOnServer } from "../lib/registry/location.js";
import { t } from "../lib/text.js";
import { lookAtMe, type Me, type MyVerdict, verdictText } from "../lib/user/me.js";
import { webIdFacts } from "../lib/webid/page.js";

const tones: Readonly<Partial<Record<MyVerdict, Tone>>> = {
	ok: "good",
	unknown: "caution",
	"not-answering": "caution",
	"web-ids-differ": "caution",
};

export default command({
	summary: t`Show who you are here: your client's ID, its port, your web IDs`,
	description: t`For anybody; needs no registry. Changes nothing, and exits with 0 whatever it finds.`,
	role: "none",
	registry: true,
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [{ what: t`Your own client and web IDs`, line: "cfm me" }],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment }, { passBy: true });
		const tools = {
			machine: await context.host.machine(),
			network: () => context.host.network(),
			browsers: () => context.browsers(settings),
			profile: settings.clientProfile(),
			environment: settings.environment,
			async registry() {
				// A server asks for a password, which nobody needs to see their own.
				if (flags.registry === undefined && isOnServer(settings.registryLocation))
					throw new CfmError("denied", "registry-not-readable", t`The registry is on a server; --registry asks it.`);
				return context.registry(settings, { readonly: true });
			},
		};
		return context.shell.during(t`Looking`, () => lookAtMe(tools));
	},
	view: (me: Me): Block[] => [
		{ line: verdictText(me), tone: tones[me.verdict] ?? "bad" },
		{
			facts: [
				[
					t`You`,
					me.elevated === true
						? t`${me.user} on ${me.machine}, with administrators' rights`
						: t`${me.user} on ${me.machine}`,
				],
				...idFacts(me),
				...clientFactsOf(me.client),
				...portFacts(me),
				...blindOr(me, "webIds", t`Web IDs`, () => webIdFacts(me.webIds)),
			],
		},
		...me.next.map((line) => ({ line: { say: t`Next:`, line } })),
	],
});

function idFacts(me: Me): Fact[] {
	return blindOr(me, "registry", t`Registered ID`, () => [[t`Registered ID`, me.allocatedId ?? t`none`]]);
}

function portFacts(me: Me): Fact[] {
	const { client, answeredBy, portRule } = me;
	if (client.port === null) return [[t`Port`, t`unknown`]];
	const port = portRule === "usual" ? t`${client.port} by the usual rule` : String(client.port);
	if (client.listening === null) return [[t`Port`, t`${port}, unknown whether it answers`]];
	if (!client.listening) return [[t`Port`, t`${port}, nothing answers`]];
	if (answeredBy === null || answeredBy.mine === null) return [[t`Port`, t`${port}, answers`]];
	const { user, process } = answeredBy;
	const by = process ?? t`a process`;
	return [
		[t`Port`, answeredBy.mine ? t`${port}, answers: ${by}, yours` : t`${port}, answers: ${by} of ${user ?? "?"}`],
	];
}

/** What there is to tell, or why nobody could look. */
function blindOr(me: Me, part: Me["unknown"][number]["part"], title: string, facts: () => Fact[]): Fact[] {
	const blind = me.unknown.find((one) => one.part === part);
	return blind === undefined ? facts() : [[title, t`unknown: ${blind.why}`]];
}
