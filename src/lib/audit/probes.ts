import type { AccountState } from "../account/state.js";
import { registered, relate } from "../account/whose.js";
import type { ListedClient } from "../client/list.js";
import type { LocalUser, Machine, RegularEdition } from "../client/machine.js";
import { type ClientProfile, isClientProgram } from "../client/profile.js";
import { type Environment, idOfPort } from "../environment/environment.js";
import { couldNotTell, type Finding, found } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { Allocation } from "../id/allocation.js";
import type { Known } from "../known.js";
import type { SeenNetwork } from "../port/check.js";
import { bearsOut, fitPortRule } from "../port/fit.js";
import { listenersUnknownError } from "../port/look.js";
import type { UserSession } from "../port/network.js";
import type { RegistryReads } from "../registry/probes.js";
import { t } from "../text.js";
import type { WebIdsBefore } from "../webid/before.js";
import type { ListedWebId } from "../webid/list.js";
import {
	clientBehind,
	clientNotRunning,
	idNotAllocated,
	restingIdOnClient,
	ruleContradicted,
	sharedClientId,
	sharedPort,
} from "./client-findings.js";
import { isFarBehind, newestOf } from "./versions.js";

/** What the machine is asked about accounts. */
export interface Accounts {
	states(names: readonly string[]): Promise<ReadonlyMap<string, AccountState>>;
	/** The accounts of SIDs that the machine knows. */
	names(sids: readonly string[]): Promise<Known<ReadonlyMap<string, string>>>;
}

export interface AuditSources {
	registry: RegistryReads;
	machine: Machine;
	profile: ClientProfile;
	environment: Environment;
	local: Known<readonly LocalUser[]>;
	/** Everybody's, whoever is asked about. */
	clients: readonly ListedClient[];
	/** What is there of the regular edition, by user. */
	regular: ReadonlyMap<string, Known<RegularEdition | null>>;
	seen: SeenNetwork;
	accounts: Accounts;
	/** Who is logged on. */
	sessions: Known<readonly UserSession[]>;
	webIds: () => AsyncIterable<ListedWebId>;
	/** What earlier looks saw in the browsers here. */
	before: WebIdsBefore;
}

const together: Probe<AuditSources, "registry" | "environment" | "clients" | "sessions" | "local"> = {
	name: "audit-clients",
	group: "client",
	kinds: [sharedClientId, idNotAllocated, restingIdOnClient, clientBehind, clientNotRunning],
	needs: ["registry", "environment", "clients", "sessions", "local"],
	async *look({ registry, environment, clients, sessions, local }) {
		const about = { environment: environment.name };
		const sids = sidsOf(local);
		const withId = clients.filter(({ clientId }) => clientId !== null);
		for (const [id, sharing] of Map.groupBy(withId, ({ clientId }) => clientId as number)) {
			const sharers = sharing.map(({ user, allocatedId }) => ({ user, allocatedId }));
			if (sharers.length > 1) yield found(sharedClientId, { ...about, id, sharers });
			const held = await registry.read((view) => view.allocation(environment.name, id));
			if (held === undefined) yield found(idNotAllocated, { ...about, id, sharers, inBrowsers: false });
			if (held?.state !== "quarantined") continue;
			for (const { user, allocatedId } of sharers) {
				const own = isHolder(held, { user, sid: sids.get(user) ?? null }, environment);
				yield found(restingIdOnClient, {
					...{ ...about, user, id, allocatedId, own },
					...{ lastUser: held.user ?? "", until: held.until },
				});
			}
		}
		const newest = newestOf(clients.flatMap(({ version }) => version ?? []));
		for (const { user, version } of clients) {
			if (version !== null && newest !== undefined && isFarBehind(version, newest))
				yield found(clientBehind, { ...about, user, version, newest });
		}
		yield* notRunning(environment, clients, sessions, sids);
	},
};

/** The SIDs of those who have a profile here, by account. */
const sidsOf = (local: Known<readonly LocalUser[]>) =>
	new Map((local.known ? local.value : []).map(({ account, sid }) => [account, sid]));

/** Whether an ID in quarantine was this user's. */
function isHolder(held: Allocation, user: { user: string; sid: string | null }, { domains }: Environment): boolean {
	return relate(registered(held), registered(user), domains) === "same";
}

/** Of whom is not logged on nothing need run. */
function* notRunning(
	environment: Environment,
	clients: readonly ListedClient[],
	sessions: Known<readonly UserSession[]>,
	sids: ReturnType<typeof sidsOf>,
): Generator<Finding> {
	const about = { environment: environment.name };
	for (const { user, installed, running } of clients) {
		if (installed !== true || running === true) continue;
		const facts = { ...about, user, session: 0 };
		if (!sessions.known) {
			yield couldNotTell(clientNotRunning, facts, sessions.why);
			continue;
		}
		const sid = sids.get(user) ?? null;
		const account = registered({ user, sid });
		const session = sessions.value.find(
			(one) => (sid !== null && one.sid === sid) || relate(account, registered(one), environment.domains) === "same",
		);
		if (session === undefined) continue;
		if (running === null) yield couldNotTell(clientNotRunning, facts, t`can't determine whether the client runs`);
		else yield found(clientNotRunning, { ...facts, session: session.session });
	}
}

const listening: Probe<AuditSources, "environment" | "clients" | "seen" | "profile" | "local"> = {
	name: "audit-ports",
	group: "port",
	kinds: [sharedPort, ruleContradicted],
	needs: ["environment", "clients", "seen", "profile", "local"],
	async *look({ environment, clients, seen: { listeners }, profile, local }) {
		if (!listeners.known) throw listenersUnknownError(listeners.why);
		const about = { environment: environment.name };
		const ofIds = listeners.value.filter(({ port }) => idOfPort(environment, port) !== undefined);
		for (const [port, own] of Map.groupBy(ofIds, (one) => one.port)) {
			const users = new Set(
				own.flatMap(({ owner, sharedWith }) => [owner, ...sharedWith].flatMap((one) => one.user ?? [])),
			);
			if (users.size > 1) yield found(sharedPort, { ...about, port, users: [...users] });
		}
		// A client that runs since before its ID was changed is one; a rule is contradicted by all together.
		const clientIds = new Map(clients.map(({ user, clientId }) => [user, clientId]));
		const bySid = new Map((local.known ? local.value : []).map(({ account, sid }) => [sid, account]));
		const ports = new Map<string, number[]>();
		for (const { owner, port } of listeners.value) {
			if (owner.process === null || !isClientProgram(owner.process, profile)) continue;
			const user = bySid.get(owner.sid) ?? owner.user ?? "";
			ports.set(user, [...(ports.get(user) ?? []), port]);
		}
		const evidence = [...ports].flatMap(([user, own]) => {
			const id = clientIds.get(user) ?? null;
			return id === null ? [] : [{ user, id, ports: own }];
		});
		const { portBase: base, portStride: stride } = environment;
		const against = evidence.filter((one) => !bearsOut(one, { base, stride }));
		const { rule } = fitPortRule(against);
		if (rule !== undefined) {
			const users = against.filter((one) => bearsOut(one, rule)).map(({ user }) => user);
			yield found(ruleContradicted, { ...about, base, stride, seen: rule, users });
		}
	},
};

export const clientAuditProbes = [together, listening];
