import type { LocalUser, Machine } from "../client/machine.js";
import type { ClientProfile } from "../client/profile.js";
import { CfmError } from "../errors.js";
import { couldNotTell, type Finding, type FindingKind, found, notHere } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { Known } from "../known.js";
import { plural, t } from "../text.js";
import {
	authorityUnreachable,
	autostartMissing,
	clockOff,
	directoryUnreachable,
	diskFull,
	epfFolderMissing,
	epfFolderReadOnly,
	extraAuthorities,
	folderOpen,
	framesAlone,
	loopbackAsks,
	loopbackBlocked,
	loopbackProxied,
	networkKinds,
	policyKinds,
	restrictionOff,
	roamingProfile,
	type ServerFacts,
	temporaryProfile,
	tlsInspected,
	virtualLoopback,
	webUnreachable,
} from "./findings.js";
import { loopbackAccess, mayInFrames, policyProxy } from "./policies.js";
import type {
	BrowserPolicies,
	EpfFolder,
	PolicyBrowser,
	ProxySettings,
	Reached,
	Surroundings,
	Target,
} from "./surroundings.js";

export interface SurroundingSources {
	surroundings: Surroundings;
	machine: Machine;
	profile: ClientProfile;
	/** Those who are asked about. */
	users: readonly LocalUser[];
	/** Where the registry is, what became of opening it, and why nothing in cfm's own folder is believed. */
	opened: { location: string; registry: unknown; distrust?: CfmError | undefined };
	/** The process environment that cfm was given. */
	variables: Readonly<NodeJS.ProcessEnv>;
	now: () => Date;
	/** Origins of the managed sites. */
	sites: readonly string[];
	/** The browsers that somebody here uses and that have policies. */
	browsersInUse: readonly PolicyBrowser[];
}

const here: Probe<SurroundingSources, "surroundings" | "machine" | "variables"> = {
	name: "this-machine",
	group: "machine",
	kinds: [virtualLoopback, extraAuthorities],
	needs: ["surroundings", "machine", "variables"],
	async *look({ surroundings, machine, variables }) {
		const virtual = surroundings.virtualLoopback();
		if (!virtual.known) yield couldNotTell(virtualLoopback, { host: machine.name }, virtual.why);
		else if (virtual.value === null) yield notHere(virtualLoopback, t`only Windows has Remote Desktop sessions`);
		else if (virtual.value) yield found(virtualLoopback, { host: machine.name });
		const file = variables.NODE_EXTRA_CA_CERTS;
		if (file) yield found(extraAuthorities, { file });
	},
};

/** What is nearly full: a hundredth of the disk, and less than a gigabyte. */
const isScarce = ({ free, all }: { free: number; all: number }) => free < 1e9 && free < all / 50;

const folders: Probe<SurroundingSources, "surroundings" | "opened"> = {
	name: "own-folder",
	group: "machine",
	kinds: [diskFull, folderOpen],
	needs: ["surroundings", "opened"],
	async *look({ surroundings, opened: { location, registry, distrust } }) {
		const isRefused = registry instanceof CfmError && registry.code === "open-to-others";
		const refusal = distrust ?? (isRefused ? registry : undefined);
		if (refusal !== undefined) {
			// Only on Windows a folder is taken over; the refusal says so.
			const adoptable = refusal.hints.some(
				(hint) => typeof hint === "object" && "line" in hint && "command" in hint.line,
			);
			yield found(folderOpen, { message: refusal.message, adoptable });
		}
		if (location.includes("://")) {
			yield notHere(diskFull, t`the registry is on a server`);
			return;
		}
		const room = surroundings.room(location);
		if (!room.known) yield couldNotTell(diskFull, { path: location, free: 0, all: 0 }, room.why);
		else if (isScarce(room.value)) yield found(diskFull, { path: location, ...room.value });
	},
};

const profiles: Probe<SurroundingSources, "surroundings" | "machine" | "profile" | "users"> = {
	name: "user-profiles",
	group: "machine",
	kinds: [temporaryProfile, roamingProfile, autostartMissing, epfFolderMissing, epfFolderReadOnly],
	needs: ["surroundings", "machine", "profile", "users"],
	async *look({ surroundings, machine, profile, users }) {
		for (const user of users) {
			const about = { user: user.account };
			yield* kept(surroundings.profileKind(user), about);
			const installed = await machine.client.isInstalled(user, profile);
			if (installed.known && installed.value) yield* started(await surroundings.autostart(user, profile), about);
			yield* epf(await surroundings.epfFolder(user, profile), about);
		}
	},
};

function* kept(kind: ReturnType<Surroundings["profileKind"]>, about: { user: string }): Generator<Finding> {
	if (!kind.known) yield couldNotTell(temporaryProfile, about, kind.why);
	else if (kind.value === null) {
		for (const one of [temporaryProfile, roamingProfile]) yield notHere(one, t`only Windows has such profiles`);
	} else if (kind.value === "temporary") yield found(temporaryProfile, about);
	else if (kind.value !== "local") yield found(roamingProfile, { ...about, kind: kind.value });
}

function* started(entry: Known<boolean | null>, about: { user: string }): Generator<Finding> {
	if (!entry.known) yield couldNotTell(autostartMissing, about, entry.why);
	else if (entry.value === null) yield notHere(autostartMissing, t`the client profile names no startup entry`);
	else if (!entry.value) yield found(autostartMissing, about);
}

function* epf(folder: Known<EpfFolder | null>, about: { user: string }): Generator<Finding> {
	if (!folder.known) yield couldNotTell(epfFolderMissing, { ...about, path: "" }, folder.why);
	else if (folder.value === null) {
		const why = t`the client profile names no folder of .epf files`;
		for (const one of [epfFolderMissing, epfFolderReadOnly]) yield notHere(one, why);
	} else {
		const { path, there, writable } = folder.value;
		if (!there) yield found(epfFolderMissing, { ...about, path });
		else if (!writable.known) yield couldNotTell(epfFolderReadOnly, { ...about, path }, writable.why);
		else if (!writable.value) yield found(epfFolderReadOnly, { ...about, path });
	}
}

const access: Probe<SurroundingSources, "surroundings" | "sites" | "browsersInUse"> = {
	name: "loopback-access",
	group: "browser-policy",
	kinds: policyKinds,
	needs: ["surroundings", "sites", "browsersInUse"],
	nothing: ["no-sites"],
	async *look({ surroundings, sites, browsersInUse }) {
		if (browsersInUse.length === 0)
			for (const kind of policyKinds) yield notHere(kind, t`nobody here uses Chrome or Edge`);
		for (const browser of browsersInUse) {
			const policies = surroundings.policies(browser);
			for (const site of sites) {
				if (policies.known) yield* ofSite(browser, site, policies.value);
				else
					for (const kind of policyKinds)
						yield couldNotTell(kind as typeof loopbackAsks, { browser, site, policy: null }, policies.why);
			}
		}
	},
};

function* ofSite(browser: string, site: string, policies: BrowserPolicies): Generator<Finding> {
	const { is, policy } = loopbackAccess(policies, site);
	const facts = { browser, site, policy };
	if (is === "blocked") yield found(loopbackBlocked, facts);
	else if (is === "unset") yield found(loopbackAsks, facts);
	else if (is === "off") yield found(restrictionOff, facts);
	else if (!mayInFrames(policies)) yield found(framesAlone, facts);
}

/** Whoever writes this takes the loopback from what goes directly, where it is otherwise of itself. */
const takesLoopback = (bypass: readonly string[]) => bypass.some((one) => one.trim().toLowerCase() === "<-loopback>");

const proxies: Probe<SurroundingSources, "surroundings" | "users" | "browsersInUse"> = {
	name: "proxies",
	group: "network",
	kinds: [loopbackProxied],
	needs: ["surroundings", "users", "browsersInUse"],
	async *look({ surroundings, users, browsersInUse }) {
		for (const user of users) {
			const settings = surroundings.proxy(user);
			const facts = { source: t`the proxy setting`, server: null, user: user.account };
			if (!settings.known) yield couldNotTell(loopbackProxied, facts, settings.why);
			else if (settings.value !== null && takesLoopback(settings.value.bypass)) {
				yield found(loopbackProxied, { ...facts, server: settings.value.server });
			}
		}
		for (const browser of browsersInUse) {
			const policies = surroundings.policies(browser);
			const facts = { source: t`a policy of ${browser}`, server: null, user: null };
			if (!policies.known) yield couldNotTell(loopbackProxied, facts, policies.why);
			const prescribed = policies.known ? policyProxy(policies.value) : undefined;
			if (prescribed !== undefined && takesLoopback(prescribed.bypass)) {
				yield found(loopbackProxied, { ...facts, server: prescribed.server });
			}
		}
	},
};

/** A clock that is off by more than this is wrong: Kerberos allows as much. */
const mostSeconds = 300;

const servers: Probe<SurroundingSources, "surroundings" | "profile" | "machine" | "now"> = {
	name: "vendor-servers",
	group: "network",
	kinds: networkKinds.filter((kind) => kind !== loopbackProxied),
	needs: ["surroundings", "profile", "machine", "now"],
	limit: 15,
	async *look({ surroundings, profile, machine, now }, signal) {
		const { web, directory, certificates } = profile.vendorServers;
		const settings = surroundings.proxy(await machine.profiles.currentUser());
		const proxy = settings.known ? proxyOf(settings.value) : null;
		// Each has its own time: one that hangs must not keep the others from being told.
		const within = AbortSignal.any([signal, AbortSignal.timeout(8000)]);
		const ask = async (server: string, secure: boolean) => {
			const target = { ...split(server), secure, proxy: secure ? proxy : null };
			return { target, reached: await surroundings.reach(target, within) };
		};
		const askAll = (list: readonly string[], secure: boolean) => Promise.all(list.map((server) => ask(server, secure)));
		const [pages, directories, services] = await Promise.all([
			askAll(web, true),
			askAll(directory, false),
			askAll(certificates, false),
		]);
		for (const { facts } of alike(pages.filter(isSilent), whyOf)) {
			const { hosts } = facts;
			const why = plural(hosts.length, {
				one: `${hosts.join(", ")} does not answer`,
				other: `${hosts.join(", ")} do not answer`,
			});
			yield found(webUnreachable, facts);
			yield couldNotTell(tlsInspected, { ...facts, issuer: null }, why);
			yield couldNotTell(clockOff, { ...facts, seconds: 0 }, why);
		}
		const answering = pages.filter((one) => !isSilent(one));
		yield* inspected(answering);
		yield* clock(answering, now());
		if (web.length === 0)
			for (const kind of [webUnreachable, tlsInspected, clockOff])
				yield notHere(kind, t`no server is named (setting doctor.web-servers)`);
		for (const [kind, asked, none] of [
			[
				directoryUnreachable,
				directories,
				t`the vendor names port 389 (LDAP) of its domains and no host (setting doctor.directory-servers)`,
			],
			[
				authorityUnreachable,
				services,
				t`the vendor names port 829 (CMP) of its domains and no host (setting doctor.certificate-servers)`,
			],
		] as const) {
			if (asked.length === 0) yield notHere(kind, none);
			yield* silent(kind, asked);
		}
	},
};

/** A server, and how far one came. */
interface Asked {
	target: Target;
	reached: Reached;
}

const isSilent = ({ reached }: Asked) => !reached.connected;
const whyOf = ({ reached }: Asked) => reached.why;

/** The servers of which the same is to be told, together: a firewall that stops six of them is one matter. */
function alike(all: readonly Asked[], what: (one: Asked) => unknown): { facts: ServerFacts; first: Asked }[] {
	const groups = Map.groupBy(all, (one) => JSON.stringify([one.target.port, one.target.proxy, what(one)]));
	return [...groups.values()].flatMap((group) =>
		group.slice(0, 1).map((first) => {
			const { host, port, proxy } = first.target;
			const hosts = [...new Set(group.map(({ target }) => target.host))];
			return { facts: { host, port, hosts, proxy, why: first.reached.why }, first };
		}),
	);
}

function* silent(kind: FindingKind<ServerFacts>, asked: readonly Asked[]): Generator<Finding> {
	for (const { facts } of alike(asked.filter(isSilent), whyOf)) yield found(kind, facts);
}

function* inspected(asked: readonly Asked[]): Generator<Finding> {
	const refused = asked.filter(({ reached }) => reached.tls?.trusted === false);
	for (const { facts, first } of alike(refused, ({ reached }) => [reached.tls?.why, reached.tls?.issuer])) {
		const { why = null, issuer = null } = first.reached.tls ?? {};
		yield found(tlsInspected, { ...facts, why, issuer });
	}
}

function* clock(asked: readonly Asked[], now: Date): Generator<Finding> {
	const off = ({ reached }: Asked) =>
		reached.date === undefined ? undefined : (now.getTime() - Date.parse(reached.date)) / 1000;
	const dateless = asked.filter((one) => off(one) === undefined);
	for (const { facts } of alike(dateless, () => null)) {
		const { hosts } = facts;
		const why = plural(hosts.length, {
			one: `the answer of ${hosts.join(", ")} has no date`,
			other: `the answers of ${hosts.join(", ")} have no date`,
		});
		yield couldNotTell(clockOff, { ...facts, seconds: 0 }, why);
	}
	const wrong = asked.filter((one) => Math.abs(off(one) ?? 0) > mostSeconds);
	for (const { facts, first } of alike(wrong, (one) => Math.round((off(one) ?? 0) / 60)))
		yield found(clockOff, { ...facts, seconds: Math.round(off(first) ?? 0) });
}

function proxyOf(settings: ProxySettings | null): string | null {
	return settings?.server ?? null;
}

/** `host:port` */
function split(server: string): { host: string; port: number } {
	const at = server.lastIndexOf(":");
	return { host: server.slice(0, at), port: Number(server.slice(at + 1)) };
}

export const surroundingProbes = [here, folders, profiles, access, proxies, servers];
