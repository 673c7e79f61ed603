import { command } from "../lib/cli/definition.js";
import { localTime } from "../lib/cli/time.js";
import type { Block } from "../lib/cli/view.js";
import { installClient } from "../lib/client/carry-install.js";
import type { InstallAnswer } from "../lib/client/install.js";
import { line } from "../lib/command-line.js";
import { CfmError } from "../lib/errors.js";
import { watchingOthersClients } from "../lib/port/ended-clients.js";
import { lookAtPorts } from "../lib/port/obstacles.js";
import { t } from "../lib/text.js";
import { keepLog, passThrough } from "./client/_program.js";
import { clientFacts } from "./client/_view.js";

export default command({
	summary: t`Install the client for a user with their ID, and verify it`,
	description: t`Checks installer, ID and port, runs the installer, verifies files, client ID, uninstall entry, process and port. For the user who runs cfm, in their own session.`,
	role: "none",
	registry: true,
	changes: "mild",
	flags: {
		silent: { kind: "boolean", summary: t`Without showing the installer's window` },
		user: { kind: "text", char: "u", value: "USER", summary: t`The user; by default, whoever runs cfm` },
		id: { kind: "integer", value: "N", summary: t`The expected ID` },
		allocate: { kind: "boolean", summary: t`Allocate an ID if the user has none` },
		installer: { kind: "text", value: "PATH", summary: t`The installer` },
		sha256: { kind: "text", value: "HASH", summary: t`The required SHA-256 of the installer` },
		signer: { kind: "text", value: "NAME", summary: t`Text that the signer's name must contain (Windows)` },
		timeout: {
			kind: "integer",
			value: "SECONDS",
			least: 1,
			most: 86_400,
			summary: t`The time limit for the installer`,
		},
		retries: {
			kind: "integer",
			value: "N",
			most: 100,
			summary: t`Retries while another installation runs`,
		},
		reinstall: { kind: "boolean", summary: t`Install even if everything is already in place` },
		"expect-version": { kind: "text", value: "VERSION", summary: t`The version that the client must have afterwards` },
		"stop-client": { kind: "boolean", summary: t`End the user's running client first` },
		log: { kind: "text", value: "FILE", summary: t`Also write the log of this installation to a file` },
		"pass-through-codes": {
			kind: "boolean",
			summary: t`Exit with 3010, 1641 or 1618 as the installer does, for deployment tools`,
		},
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [
		{ what: t`For yourself, with ID 7`, line: "cfm install --silent --id 7" },
		{
			what: t`Allocate an ID first if there is none`,
			line: "cfm install --silent --allocate --installer certifio-manager-se.exe",
		},
		{ what: t`Preview what would run`, line: "cfm install --silent --dry-run" },
		{ what: t`Upgrade a client that runs`, line: "cfm install --silent --stop-client" },
	],
	async run({ flags }, context) {
		const machine = await context.host.machine();
		// To an ordinary user the registry may be closed. A named request needs it in any case: it holds the answers.
		const passBy = machine.elevated.known && !machine.elevated.value && flags["request-id"] === undefined;
		const given = {
			environment: flags.environment,
			"install.installer": flags.installer,
			"install.sha256": flags.sha256,
			"install.signer": flags.signer,
			"install.timeout": flags.timeout?.toString(),
			"install.retries": flags.retries?.toString(),
		};
		const settings = await context.settings(given, { passBy });
		const installer = settings.get("install.installer");
		if (installer === undefined) {
			const none = settings.closed
				? t`No installer was specified, and you may not read the configuration.`
				: t`No installer was specified, and none is configured.`;
			throw new CfmError("usage", "no-installer", none, {
				hints: [
					{ again: { installer: { fill: "PATH" } } },
					line("config set", ["install.installer", { fill: "PATH" }], { machine: true }),
				],
			});
		}
		const readonly = flags["dry-run"];
		const registry = passBy
			? await context.registryIfAllowed(settings, { readonly })
			: await context.registry(settings, { readonly });
		const profile = settings.clientProfile();
		const ignored = !flags.allocate || settings.get("ids.ignore-ports") === "yes";
		const server = ignored ? undefined : await context.host.network();
		const wish = {
			environment: settings.environment,
			user: flags.user,
			id: flags.id,
			allocate: flags.allocate,
			obstacle: flags.allocate
				? (await lookAtPorts(profile.commonPort, server, (text) => context.shell.warn(text))).asking
				: undefined,
			installer,
			sha256: settings.get("install.sha256"),
			signer: settings.get("install.signer"),
			saidIn: { sha256: settings.saidIn("install.sha256"), signer: settings.saidIn("install.signer") },
			silent: flags.silent,
			timeout: flags.silent || flags.timeout !== undefined ? Number(settings.get("install.timeout")) * 1000 : undefined,
			retries: Number(settings.get("install.retries")),
			again: flags.reinstall,
			expectVersion: flags["expect-version"],
			stopClient: flags["stop-client"],
		};
		const { pause, now, workFolder } = context.host;
		const operation = installClient(machine, profile, registry, wish, {
			...{ narrator: context.shell, pause, now, workFolder, dryRun: readonly === true },
			keepLog: (text) => keepLog(context, text, flags.log),
		});
		if (readonly) return context.carryOutOutside(operation, registry);
		return watchingOthersClients(
			await context.host.network(),
			profile,
			await machine.profiles.currentUser(),
			() => context.carryOutOutside(operation, registry),
			(text) => context.shell.warn(text),
		);
	},
	exitCode: passThrough,
	view: (answer): Block[] => {
		const port = answer.port ?? t`unknown`;
		const lines = {
			unchanged: t`The installer ran for ${answer.user}, ID ${answer.id}, but the client is unchanged.`,
			installed: t`Installed for ${answer.user} with ID ${answer.id}, port ${port}.`,
			"already-so": t`Already installed for ${answer.user} with ID ${answer.id}, port ${port}.`,
			planned: t`Would be installed for ${answer.user} with ID ${answer.id}, port ${port}.`,
		};
		return [
			{ line: lines[answer.outcome], ...tones[answer.outcome] },
			...(answer.rebootRequired
				? [{ line: t`Restart the machine to complete the installation.`, tone: "caution" as const }]
				: []),
			...(answer.outcome === "planned" ? [{ line: answer.command.join(" ") }] : []),
			...(answer.outcome === "already-so" ? [] : signatureFacts(answer)),
			clientFacts(answer.client),
			...(answer.log === null ? [] : [{ line: t`Log: ${answer.log}` }]),
		];
	},
});

/** Who signed what was, or would be, run; nothing where nobody did or nobody could tell. */
function signatureFacts({ signer, signature }: Pick<InstallAnswer, "signer" | "signature">): Block[] {
	if (signature === null || signer === null) return [];
	const { status, chain, countersigner, signedAt } = signature;
	const time =
		signedAt === null ? t`nobody confirmed it` : t`${localTime(signedAt)}, confirmed by ${countersigner ?? "-"}`;
	return [
		{
			facts: [
				[t`Signer`, `${signer} (${status})`],
				...chain.slice(1).map((issuer): [string, string] => [t`Certified by`, issuer]),
				[t`Time of the signature`, time],
			],
		},
	];
}

const tones: Record<InstallAnswer["outcome"], { tone?: "good" | "caution" }> = {
	installed: { tone: "good" },
	"already-so": { tone: "good" },
	unchanged: { tone: "caution" },
	planned: {},
};
