import { command } from "../../lib/cli/definition.js";
import { ageInWords, lastBackup } from "../../lib/registry/backup.js";
import type { ServerInfo } from "../../lib/registry/registry.js";
import { t } from "../../lib/text.js";

function serverFacts(server: ServerInfo | undefined): (readonly [string, string])[] {
	if (server === undefined) return [];
	const { host, database, account, standby, lagSeconds } = server;
	const lag = lagSeconds === null ? t`its lag is unknown` : t`up to ${Math.ceil(lagSeconds)} s behind`;
	return [
		[t`Server`, standby ? t`${host} (standby, ${lag})` : host],
		[t`Database`, t`${database}, as ${account}`],
	];
}

export default command({
	summary: t`Show where the registry is, how it is stored, and when it was last backed up`,
	role: "auditor",
	registry: true,
	examples: [{ what: t`The registry in use`, line: "cfm registry info" }],
	async run(_request, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const { location, ...info } = await registry.info();
		const last = await registry.read((view) => lastBackup(view, context.host.now()));
		return { registry: location, ...info, lastBackup: last };
	},
	view: (info) => [
		{
			facts: [
				[t`Registry`, info.registry],
				[t`Kind`, `${info.kind} ${info.server?.version ?? info.sqliteVersion}`],
				...serverFacts(info.server),
				[t`Schema`, info.schema],
				[t`Identity`, info.identity?.slice(0, 8) ?? "-"],
				[t`Size`, t`${Math.ceil(info.sizeBytes / 1024)} KiB`],
				[t`Environments`, info.environments],
				[t`IDs in use`, info.allocations],
				[t`Events`, info.events],
				[t`Journal`, info.journalMode],
				[t`Last backup`, info.lastBackup === null ? t`none recorded` : ageInWords(info.lastBackup)],
				...(info.lastBackup === null ? [] : [[t`Backup file`, info.lastBackup.file] as const]),
			],
		},
	],
});
