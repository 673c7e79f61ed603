import { command } from "../../lib/cli/definition.js";
import { localTime } from "../../lib/cli/time.js";
import { type Block, type Tone, table } from "../../lib/cli/view.js";
import {
	type AskedRevocation,
	askRevocation,
	certificatesToAsk,
	type RefreshAnswer,
	revokedError,
} from "../../lib/registered/refresh.js";
import { type RefreshedAnswer, refreshWithServices } from "../../lib/service/refresh.js";
import { plural, t } from "../../lib/text.js";
import { anchorsOf, takeAll } from "../_trust.js";
import { bytesOf, certificatesOf } from "./_inputs.js";
import { inventoryLine } from "./_register.js";

const files = { kind: "text", value: "FILE", of: "file", multiple: true } as const;

type Row = RefreshAnswer["certificates"][number];

export default command({
	summary: t`Ask whether registered certificates were revoked; exit 8 if one was`,
	description: t`By OCSP and revocation lists, from where each certificate says. What can't be determined leaves what was known. "cfm notify run" tells of a revocation at once.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	list: { rows: "certificates", fields: ["alias", "state", "why", "revokedAt", "reason", "changed"] },
	args: {
		certificates: { summary: t`Their aliases; without them, all that are signed with`, many: true, of: "certificate" },
	},
	flags: {
		intermediate: { ...files, summary: t`Certificates that may stand between; not trusted` },
		anchor: {
			...files,
			value: "ANCHOR",
			summary: t`What to trust: a file, system, notarius; by default, the last two`,
		},
		crl: { ...files, summary: t`Revocation lists, also delta lists` },
		ocsp: { ...files, summary: t`OCSP answers` },
		offline: { kind: "boolean", summary: t`Fetch nothing` },
	},
	examples: [
		{ what: t`All of them, as a scheduled task`, line: "cfm certs refresh" },
		{
			what: t`With a revocation list at hand`,
			line: "cfm certs refresh Seal --anchor root.pem --crl root.crl --offline",
		},
	],
	async run({ args, flags }, context): Promise<RefreshedAnswer> {
		const { host, shell } = context;
		const now = host.now();
		const reader = await certificatesOf(context);
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const [between, lists] = [await takeAll(reader, flags.intermediate), await takeAll(reader, flags.crl)];
		const ocsp = await Promise.all(flags.ocsp.map(bytesOf));
		const tools = {
			...{ reader, now, ocsp, intermediates: between.certificates, crls: [...between.crls, ...lists.crls] },
			fetch: flags.offline ? undefined : await host.fetcher(shell.streams.variables),
			anchors: await anchorsOf(context, reader, flags.anchor),
		};
		const rows = await registry.read((view) => certificatesToAsk(view, args.certificates, now));
		const asked: AskedRevocation[] = await shell.during(t`Asking`, async () => {
			const answers: AskedRevocation[] = [];
			for (const row of rows) answers.push(await askRevocation(row, tools));
			return answers;
		});
		return context.carryOut(refreshWithServices(asked, now), registry);
	},
	view: ({ certificates, suspended }: RefreshedAnswer): Block[] => [
		table<Row>(
			[
				{ head: t`ALIAS`, field: "alias", value: ({ alias }) => alias, whole: true },
				{
					head: t`REVOCATION`,
					field: "state",
					value: ({ state }) => state,
					drawn: ({ state }) => stateText(state),
					tone: ({ state }) => tones[state],
				},
				{
					head: t`REVOKED`,
					field: "revokedAt",
					value: ({ revokedAt }) => revokedAt,
					drawn: ({ revokedAt }) => (revokedAt === null ? "" : localTime(revokedAt)),
				},
				{ head: t`WHY`, field: "why", value: ({ why, reason }) => why ?? reason, shrinks: true },
			],
			certificates,
			t`No registered certificate is signed with.`,
		),
		...(suspended.length === 0
			? []
			: [
					{
						line: plural(suspended.length, {
							one: "1 client service is suspended by that:",
							other: `${suspended.length} client services are suspended by that:`,
						}),
						tone: "bad" as const,
					},
					...suspended.map((name) => ({ line: name })),
				]),
		inventoryLine(),
	],
	verdict: revokedError,
});

const tones: Readonly<Record<Row["state"], Tone>> = { good: "good", revoked: "bad", unknown: "caution" };

function stateText(state: Row["state"]): string {
	const texts: Record<Row["state"], () => string> = {
		good: () => t`not revoked`,
		revoked: () => t`revoked`,
		unknown: () => t`unknown`,
	};
	return texts[state]();
}
