import { usersUnknown } from "../../lib/client/list.js";
import type { Context, Settings } from "../../lib/context.js";
import type { OutsideOperation } from "../../lib/operation/operation.js";
import type { Registry } from "../../lib/registry/registry.js";
import { makeOut, needsRegistry, refuseStrangeSites, type Scope, type ScopeRequest } from "../../lib/webid/scope.js";
import type { Backups } from "../../lib/webid/stores.js";

/** The browsers' profiles and stores, and the backups of what was written to them. */
export async function webIdTools(context: Context, settings: Settings) {
	return { ...(await context.browsers(settings)), narrator: context.shell };
}

/** Whom and what a request about web IDs means, and the registry, which is opened only when it has something to say. */
export async function webScope(
	context: Context,
	settings: Settings,
	request: ScopeRequest,
	options: { onlyManaged?: boolean; allUsers?: boolean } = {},
): Promise<Scope & { registry?: Registry }> {
	const folder = request.folder && (await (await context.browsers(settings)).realFolder(request.folder));
	const asked = { ...request, folder };
	const machine = await context.host.machine();
	if (!needsRegistry(asked)) return makeOut(machine, null, asked);
	const registry = await context.registry(settings, { readonly: true });
	return registry.read(async (view) => {
		const scope = await makeOut(machine, view, asked);
		// "All users" must not quietly become one.
		if (options.allUsers && scope.onlyOwn !== null) throw usersUnknown(machine, scope.onlyOwn);
		if (options.onlyManaged && scope.folder === undefined && scope.sites !== "all") {
			await refuseStrangeSites(view, request.environment, scope.sites);
		}
		return { ...scope, registry };
	});
}

/** Carries a change of web IDs out; backups whose time is over go with it, also where there is nothing to change. */
export async function changeBrowsers<P, D, R extends object>(
	context: Context,
	settings: Settings,
	backups: Backups,
	operation: OutsideOperation<P, D, R>,
): Promise<R & { dryRun?: true }> {
	const answer = await context.carryOutOutside(operation, await context.registryForEvents(settings));
	if (!context.shell.flags["dry-run"]) await backups.removeExpired(context.host.now());
	return answer;
}
