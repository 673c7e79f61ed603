import { listClients } from "../client/list.js";
import type { Machine } from "../client/ports.js";
import { type ClientSources, clientProbes } from "../client/probes.js";
import type { ClientProfile } from "../client/profile.js";
import { requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Probe } from "../finding/probe.js";
import { once } from "../finding/run.js";
import { type IdSources, idProbes } from "../id/probes.js";
import { lookAtNetwork } from "../port/check.js";
import { listPorts } from "../port/list.js";
import { listenersUnknownError } from "../port/look.js";
import type { NetworkPort } from "../port/network.js";
import { type PortSources, portProbes } from "../port/probes.js";
import { recordKinds } from "../record-kinds.js";
import type { Registry } from "../registry/port.js";
import { type RegistryReads, type RegistrySources, registryProbes } from "../registry/probes.js";
import { listWebIds } from "../webid/list.js";
import type { BrowserStores } from "../webid/ports.js";
import { type WebIdSources, webIdProbes } from "../webid/probes.js";
import type { ProfileFinder } from "../webid/profiles.js";
import { makeOut, placesIn } from "../webid/scope.js";
import { selectUsers } from "../webid/select.js";

type Sources = RegistrySources & IdSources & ClientSources & PortSources & WebIdSources;

/** All that `doctor` looks at. A room's new probe stands in its own list, a new room here. */
export const probes: readonly Probe<Sources>[] = [
	...clientProbes,
	...registryProbes,
	...idProbes,
	...portProbes,
	...webIdProbes,
];

/** What `doctor` may reach, each built when a probe needs it. */
export interface Tools {
	/** The environment that is asked about. */
	environment: string;
	/** Users or patterns; none means all of this machine. */
	users: readonly string[];
	/** Where the registry is. */
	location(): string;
	/** @throws CfmError when it cannot be opened */
	open(): Promise<Registry>;
	machine(): Promise<Machine>;
	network(): Promise<NetworkPort>;
	profile(): ClientProfile;
	browsers(): Promise<{ stores: BrowserStores; finder: ProfileFinder }>;
}

/** A registry reads one state at a time: what runs side by side takes turns. */
function inTurn(registry: Registry): RegistryReads {
	let last: Promise<unknown> = Promise.resolve();
	const next = <T>(work: () => Promise<T>): Promise<T> => {
		const answer = last.then(work);
		last = answer.catch(() => {});
		return answer;
	};
	return {
		location: registry.location,
		read: (work) => next(() => registry.read(work)),
		check: (kinds) => next(() => registry.check(kinds)),
	};
}

/** How probes get what they need: each thing is looked at once, and only when one needs it. */
export function sourcesOf(tools: Tools): { [K in keyof Sources]: () => Promise<Sources[K]> } {
	const opened = once(async () => {
		const location = tools.location();
		const registry = await tools.open().catch((error: unknown) => {
			if (error instanceof CfmError) return error;
			throw error;
		});
		return { location, registry };
	});
	const registry = once(async () => {
		const { registry } = await opened();
		if (registry instanceof CfmError) throw registry;
		return inTurn(registry);
	});
	const environment = once(async () => (await registry()).read((view) => requireEnvironment(view, tools.environment)));
	const machine = once(() => tools.machine());
	const network = once(() => tools.network());
	const profile = once(async () => tools.profile());
	const local = once(async () => (await machine()).profiles.users());
	const users = once(async () => {
		const seen = await local();
		const all = seen.known ? seen.value : [await (await machine()).profiles.currentUser()];
		return tools.users.length === 0 ? all : selectUsers(all, tools.users, await environment());
	});
	const clients = once(async () => {
		const [here, where, believed, whose] = await Promise.all([machine(), environment(), profile(), users()]);
		return (await registry()).read((view) => listClients(here, believed, view, where, whose));
	});
	const seen = once(async () => lookAtNetwork(await network()));
	return {
		opened,
		registry,
		environment,
		machine,
		network,
		profile,
		local,
		users,
		clients,
		seen,
		report: async () => {
			const store = await registry();
			return { location: store.location, problems: (await store.check(recordKinds)).problems };
		},
		ports: async () => {
			const [{ listeners }, where, here, believed, whose] = await Promise.all([
				seen(),
				environment(),
				machine(),
				profile(),
				users(),
			]);
			if (!listeners.known) throw listenersUnknownError(listeners.why);
			const isInstalled = (user: (typeof whose)[number]) => here.client.isInstalled(user, believed);
			const about = { machine: here.name, clients: { users: whose, isInstalled } };
			const rows = await (await registry()).read((view) =>
				listPorts(view, where, about, listeners.value, { idsOnly: true }),
			);
			if (tools.users.length === 0) return rows;
			const ids = new Set((await clients()).map(({ allocatedId }) => allocatedId));
			return rows.filter(({ id }) => ids.has(id));
		},
		webIds: async () => {
			const [here, where, { stores, finder }] = await Promise.all([machine(), environment(), tools.browsers()]);
			const request = { environment: where.name, users: tools.users, browsers: [], sites: [] };
			const scope = await (await registry()).read((view) =>
				makeOut(here, view, { ...request, folder: undefined, id: undefined }),
			);
			return () => listWebIds(stores, placesIn(scope, finder), scope.sites);
		},
	};
}
