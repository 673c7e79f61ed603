import { watchedActivations } from "../activation/due.js";
import { fittingUsers } from "../activation/list.js";
import { type ActivationSources, activationProbes } from "../activation/probes.js";
import { editionAuditProbes } from "../audit/edition-probe.js";
import { holderAuditProbes } from "../audit/holder-probe.js";
import { type Accounts, type AuditSources, clientAuditProbes } from "../audit/probes.js";
import { webAuditProbes } from "../audit/web-probe.js";
import { type CertificateSources, certificateProbes } from "../certificate/probes.js";
import { judgeWatched, type WatchTools } from "../certificate/watch.js";
import { clientsSeen, listClients } from "../client/list.js";
import type { Machine, RegularEdition } from "../client/machine.js";
import { type ClientSources, clientProbes } from "../client/probes.js";
import type { ClientProfile } from "../client/profile.js";
import { type TimestampSources, timestampProbes } from "../cms/probes.js";
import type { WatchedTsa } from "../cms/watch.js";
import { requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Probe } from "../finding/probe.js";
import { once } from "../finding/run.js";
import { type IdSources, idProbes } from "../id/probes.js";
import type { Known } from "../known.js";
import { type NoticeSources, noticeProbes } from "../notice/probes.js";
import { lookAtNetwork } from "../port/check.js";
import { listPorts, portsSeen } from "../port/list.js";
import { answeringBySeen, answeringByTable, listenersUnknownError } from "../port/look.js";
import type { Network } from "../port/network.js";
import { type PortSources, portProbes } from "../port/probes.js";
import { recordKinds } from "../record-kinds.js";
import { registeredProbes } from "../registered/probes.js";
import { type Look, mostSightings, type Sighting } from "../registry/look.js";
import { type RegistryReads, type RegistrySources, registryProbes } from "../registry/probes.js";
import type { Registry } from "../registry/registry.js";
import { serviceProbes } from "../service/probes.js";
import { type SiteSources, siteProbes } from "../site/probes.js";
import { type SurroundingSources, surroundingProbes } from "../surroundings/probes.js";
import type { PolicyBrowser, Surroundings } from "../surroundings/surroundings.js";
import { lookAtModules, modulesToLookAt } from "../token/list.js";
import { type TokenSources, tokenProbes } from "../token/probes.js";
import type { Tokens } from "../token/token.js";
import { webIdsBefore } from "../webid/before.js";
import type { Browsers } from "../webid/browsers.js";
import { listWebIds, webIdSeen } from "../webid/list.js";
import { type WebIdSources, webIdProbes } from "../webid/probes.js";
import { makeOut, placesIn, requireSites } from "../webid/scope.js";
import { selectUsers } from "../webid/select.js";
import { suppressedNow } from "./suppress.js";

export type Sources = RegistrySources &
	IdSources &
	ClientSources &
	PortSources &
	SiteSources &
	WebIdSources &
	SurroundingSources &
	ActivationSources &
	TokenSources &
	NoticeSources &
	CertificateSources &
	TimestampSources &
	AuditSources;

/** Which findings are suppressed. */
type Hides = Awaited<ReturnType<typeof suppressedNow>>;

/** All that `doctor` looks at. A room's new probe stands in its own list, a new room here. */
export const probes: readonly Probe<Sources>[] = [
	...clientProbes,
	...registryProbes,
	...idProbes,
	...activationProbes,
	...registeredProbes,
	...serviceProbes,
	...noticeProbes,
	...portProbes,
	...siteProbes,
	...webIdProbes,
	...surroundingProbes,
	...tokenProbes,
	...certificateProbes,
	...timestampProbes,
];

/**
 * All that `audit` looks at: what `doctor` finds of a user, but for what takes a look at each port or folder by itself, and
 * what shows only when everybody is looked at together.
 */
export const auditProbes: readonly Probe<Sources>[] = [
	...clientProbes.filter(({ name }) => ["machine", "clients"].includes(name)),
	...portProbes.filter(({ name }) => name === "listeners"),
	...clientAuditProbes,
	...holderAuditProbes,
	...editionAuditProbes,
	...siteProbes,
	...webAuditProbes,
];

/** What `doctor` may reach, each built when a probe needs it. */
export interface Tools {
	now(): Date;
	/** The environment that is asked about. */
	environment: string;
	/** Users or patterns; none means all of this machine. */
	users: readonly string[];
	/** Whether everybody's clients are looked at, although users are named: what several have in common shows only so. */
	allClients?: boolean;
	/** Hears of everything that was looked at whole, as a last look keeps it. */
	heard?(seen: Pick<Look, "kind" | "sightings">): void;
	/** Why nothing in cfm's own folder is believed. */
	distrust?: CfmError | undefined;
	/** Where the registry is. */
	location(): string;
	/** @throws CfmError when it cannot be opened */
	open(): Promise<Registry>;
	machine(): Promise<Machine>;
	/** What became of accounts, and who SIDs are. */
	accounts: Accounts;
	network(): Promise<Network>;
	profile(): ClientProfile;
	surroundings(): Promise<Surroundings>;
	tokens(): Promise<Tokens>;
	/** What the setting says of modules of tokens, beside those in the usual places. */
	tokenModules(): string | undefined;
	/** Whether settings say how people are told of what runs out. */
	tells(): boolean;
	/** What looks after certificates. */
	watching(): Promise<WatchTools>;
	/** Timestamp servers that a setting names, each asked. */
	timestamps(): Promise<WatchedTsa[]>;
	/** The process environment. */
	variables: Readonly<NodeJS.ProcessEnv>;
	browsers(): Promise<Pick<Browsers, "stores" | "finder" | "lacks">>;
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
export function sourcesOf(
	tools: Tools,
): { [K in keyof Sources]: () => Promise<Sources[K]> } & { hides(): Promise<Hides> } {
	const opened = once(async () => {
		const location = tools.location();
		const registry = await tools.open().catch((error: unknown) => {
			if (error instanceof CfmError) return error;
			throw error;
		});
		return { location, registry, distrust: tools.distrust };
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
		return tools.users.length === 0 || tools.allClients ? all : selectUsers(all, tools.users, await environment());
	});
	const clients = once(async () => {
		const [here, where, believed, whose] = await Promise.all([machine(), environment(), profile(), users()]);
		const asked = tools.allClients
			? answeringBySeen(here, (await seen()).listeners)
			: await answeringByTable(here, await network());
		const listed = await (await registry()).read((view) => listClients(asked, believed, view, where, whose));
		if ((await local()).known) tools.heard?.({ kind: "clients", sightings: clientsSeen(listed) });
		return listed;
	});
	const regular = once(async () => {
		const [here, seen, believed] = await Promise.all([machine(), local(), profile()]);
		const editions = new Map<string, Known<RegularEdition | null>>();
		for (const user of seen.known ? seen.value : []) {
			editions.set(user.account, await here.client.regular(user, believed));
		}
		return editions;
	});
	const browsers = once(() => tools.browsers());
	const tokens = once(() => tools.tokens());
	const sessions = once(async () => (await network()).sessions());
	const before = once(async () => {
		const [where, here] = await Promise.all([environment(), machine()]);
		return (await registry()).read((view) => webIdsBefore(view, where.name, here.name));
	});
	const seen = once(async () => lookAtNetwork(await network()));
	return {
		/** Without a registry that can be read, nothing is suppressed. */
		async hides() {
			try {
				return await (await registry()).read((view) => suppressedNow(view, tools.environment, tools.now()));
			} catch (error) {
				if (error instanceof CfmError) return () => null;
				throw error;
			}
		},
		opened,
		registry,
		environment,
		machine,
		network,
		profile,
		local,
		users,
		clients,
		activations: once(async () => {
			const where = await environment();
			const watched = await (await registry()).read((view) => watchedActivations(view, where.name));
			return tools.users.length === 0 ? watched : watched.filter(fittingUsers(tools.users, where));
		}),
		accounts: async () => tools.accounts,
		regular,
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
			const loggedOn = await sessions();
			const about = {
				...{ machine: here.name, clients: { users: whose, isInstalled } },
				sessions: loggedOn.known ? loggedOn.value : undefined,
			};
			const rows = await (await registry()).read((view) =>
				listPorts(view, where, about, listeners.value, { idsOnly: true }),
			);
			tools.heard?.({ kind: "ports", sightings: portsSeen(rows) });
			if (tools.users.length === 0 || tools.allClients) return rows;
			const ids = new Set((await clients()).map(({ allocatedId }) => allocatedId));
			return rows.filter(({ id }) => ids.has(id));
		},
		browsers,
		surroundings: once(() => tools.surroundings()),
		tokens,
		modules: once(async () => {
			const here = await tokens();
			return lookAtModules(here, modulesToLookAt(here, [], tools.tokenModules()));
		}),
		timestamps: once(() => tools.timestamps()),
		watched: once(async () => judgeWatched(await tools.watching())),
		tells: async () => tools.tells(),
		variables: async () => tools.variables,
		now: async () => tools.now,
		sites: once(async () => {
			const where = await environment();
			return (await registry()).read((view) => requireSites(view, where));
		}),
		browsersInUse: once(async () => {
			const { finder } = await browsers();
			const used = new Set<PolicyBrowser>();
			for (const user of await users()) {
				for await (const one of finder.find(user)) {
					const browser = "profile" in one ? one.profile.browser : one.missing.browser;
					if (browser === "chrome" || browser === "edge") used.add(browser);
				}
			}
			return [...used];
		}),
		sessions,
		before,
		webIds: async () => {
			const [here, where, { stores, finder }] = await Promise.all([machine(), environment(), browsers()]);
			const request = { environment: where.name, users: tools.users, browsers: [], sites: [] };
			const scope = await (await registry()).read((view) =>
				makeOut({ ...here, profiles: { users: local, currentUser: () => here.profiles.currentUser() } }, view, {
					...request,
					folder: undefined,
					id: undefined,
				}),
			);
			const rows = () => listWebIds(stores, placesIn(scope, finder), scope.sites);
			const { heard } = tools;
			if (heard === undefined || scope.onlyOwn !== null) return rows;
			const earlier = await before();
			return async function* () {
				const sightings: Sighting[] = [];
				const ids = new Set<number | null>();
				for await (const row of rows()) {
					// Beyond what is kept only an ID not seen before is, and what needs attention.
					const sighting = webIdSeen(row, earlier);
					const isNew = sighting.id !== null && !ids.has(sighting.id);
					if (sightings.length < mostSightings || sighting.attention || isNew) sightings.push(sighting);
					ids.add(sighting.id);
					yield row;
				}
				heard({ kind: "web-ids", sightings });
			};
		},
	};
}
