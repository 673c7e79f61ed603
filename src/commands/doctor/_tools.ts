import { delimiter } from "node:path";
import { askWatchedServers } from "../../lib/cms/watch.js";
import type { Context, Settings } from "../../lib/context.js";
import type { Tools } from "../../lib/doctor/sources.js";
import { CfmError } from "../../lib/errors.js";
import { registryClosed } from "../../lib/registry/refusals.js";
import { listed } from "../../lib/settings/settings.js";
import { tokensOf } from "../_token.js";

/** What checks reach through the context of whoever runs them. @param users none means all of this machine */
export function toolsOf(context: Context, settings: Settings, users: readonly string[] = []): Tools {
	const { distrust } = settings;
	return {
		now: () => context.host.now(),
		environment: settings.environment,
		users,
		distrust,
		location: () => settings.registryLocation,
		async open() {
			// Where the registry is may be said in what is not believed.
			if (distrust !== undefined && context.shell.flags.registry === undefined) throw distrust;
			try {
				return await context.registry(settings, { readonly: true });
			} catch (error) {
				// In a folder that one may not look into nobody can say that there is none.
				const isHidden = settings.closed && error instanceof CfmError && error.code === "no-registry";
				throw isHidden ? registryClosed() : error;
			}
		},
		machine: () => context.host.machine(),
		accounts: {
			states: (names) => context.host.accountStates(names),
			names: (sids) => context.host.accountNames(sids),
		},
		network: () => context.host.network(),
		surroundings: () => context.host.surroundings(context.shell.streams.variables),
		tokens: () => tokensOf(context, settings),
		tokenModules: () => settings.get("token.modules"),
		tells: () =>
			(["notify.server", "notify.file", "notify.webhook-file"] as const).some(
				(key) => settings.get(key) !== undefined,
			) || settings.get("notify.event-log") === "yes",
		async watching() {
			const { host, shell } = context;
			const certificates = await host.certificates();
			shell.atEnd(() => certificates.close());
			return {
				...{ certificates, stores: await host.stores(), fetch: await host.fetcher(shell.streams.variables) },
				files: settings.get("certificates.files")?.split(delimiter) ?? [],
				anchors: settings.get("certificates.notarius-anchors"),
				now: host.now(),
			};
		},
		async timestamps() {
			const { host, shell } = context;
			const urls = listed(settings.get("doctor.timestamp-servers") ?? "").filter((one) => one !== "");
			if (urls.length === 0) return [];
			const [certificates, messages] = [await host.certificates(), await host.signedMessages()];
			shell.atEnd(() => certificates.close());
			shell.atEnd(() => messages.close());
			return askWatchedServers({
				...{ urls, certificates, messages, stores: await host.stores(), now: () => host.now() },
				...{
					fetch: await host.fetcher(shell.streams.variables),
					anchors: settings.get("certificates.notarius-anchors"),
				},
			});
		},
		variables: context.shell.streams.variables,
		profile: () => settings.clientProfile(),
		browsers: () => context.browsers(settings),
	};
}
