import { basename, dirname, parse } from "node:path";
import { parseAccount } from "../account/account.js";
import type { LocalUser, Machine } from "../client/machine.js";
import { undecidedUsers } from "../client/undecided-users.js";
import { type Hint, line } from "../command-line.js";
import { type Environment, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { RegistryView } from "../registry/registry.js";
import { listSites } from "../site/site.js";
import { t } from "../text.js";
import { expectationOf } from "./expected.js";
import type { Browser, Found, ProfileFinder } from "./profiles.js";
import { isOfBrowser, selectUsers } from "./select.js";
import type { BrowserProfile } from "./stores.js";
import type { Expectation } from "./verdict.js";

/** A profile's folder that was named, and what made it. */
export interface NamedFolder {
	path: string;
	kind: "chromium" | "firefox";
}

/** What a command is about. */
export interface ScopeRequest {
	environment: string;
	/** Users or patterns; none means all of this machine. */
	users: readonly string[];
	/** None means all. */
	browsers: readonly Browser[];
	/** Origins; none means those that are managed. `all`: every origin that has a web ID. */
	sites: readonly string[] | "all";
	/** One profile's folder, wherever it is; then the machine's users are not asked for. */
	folder: NamedFolder | undefined;
	/** The ID that belongs into that folder. */
	id: number | undefined;
}

/** A user, and the ID that is theirs. */
export interface ExpectedUser {
	user: LocalUser;
	expected: Expectation;
}

/** One place to look at: a profile, or where one should be; with the ID that belongs there. */
export type Place = Found & { expected: Expectation };

/** A request made out: which users or which folder, and which sites. */
export interface Scope {
	users: ExpectedUser[];
	folder: { profile: BrowserProfile; expected: Expectation } | undefined;
	browsers: readonly Browser[];
	sites: readonly string[] | "all";
	/** Why only the user who runs `cfm` is looked at, when the others can't be determined. */
	onlyOwn: string | null;
	/** What decides whose IDs can't be determined. */
	undecided: readonly Hint[];
}

/** Whether the registry has something to say to a request; a folder can be looked at without one. */
export function needsRegistry({ folder, users, sites }: ScopeRequest): boolean {
	return folder === undefined || users.length > 0 || sites.length === 0;
}

/**
 * Makes out whom and what a request means.
 *
 * @param view null when the registry is not needed
 * @throws CfmError not-found `no-environment`, `no-sites`, `no-local-user`; conflict `user-ambiguous`; usage
 *   `one-user-only`
 */
export async function makeOut(machine: Machine, view: RegistryView | null, request: ScopeRequest): Promise<Scope> {
	const { folder, browsers } = request;
	const sites = await sitesFor(view, request);
	const scope: Scope = { users: [], folder: undefined, browsers, sites, onlyOwn: null, undecided: [] };
	if (folder !== undefined) {
		scope.folder = { profile: profileOf(folder, request.users), expected: await expectedIn(view, request) };
		return scope;
	}
	if (view === null) return scope;
	const environment = await requireEnvironment(view, request.environment);
	const local = await machine.profiles.users();
	if (!local.known) scope.onlyOwn = local.why;
	const users = local.known ? local.value : [await machine.profiles.currentUser()];
	for (const user of selectUsers(users, request.users, environment)) {
		scope.users.push({ user, expected: await expectationOf(view, environment, user) });
	}
	const unclear = scope.users.filter(({ expected }) => expected.id === null && expected.why === "unknown");
	const people = unclear.map(({ user }) => user);
	return { ...scope, undecided: await undecidedUsers(view, environment, people) };
}

/**
 * The places of a scope, one by one.
 *
 * @param none told of users of whom there is no place at all
 */
export async function* placesIn(
	scope: Scope,
	finder: ProfileFinder,
	progress: (done: number, total: number) => void = () => {},
	none: (user: ExpectedUser) => void = () => {},
): AsyncIterable<Place> {
	if (scope.folder !== undefined) yield scope.folder;
	for (const [done, { user, expected }] of scope.users.entries()) {
		progress(done, scope.users.length);
		let has = false;
		for await (const found of finder.find(user)) {
			const browser = "profile" in found ? found.profile.browser : found.missing.browser;
			if (browser !== null && !isOfBrowser(browser, scope.browsers)) continue;
			has = true;
			yield { ...found, expected };
		}
		if (!has) none({ user, expected });
	}
}

/**
 * Refuses to write to a site nobody cares for: it is a slip more often than an intention.
 *
 * @throws CfmError not-found `no-site`
 */
export async function refuseStrangeSites(
	view: RegistryView,
	environment: string,
	sites: readonly string[],
): Promise<void> {
	const cared = new Set((await listSites(view, environment)).map(({ origin }) => origin));
	const strange = sites.find((site) => !cared.has(site));
	if (strange === undefined) return;
	throw new CfmError("not-found", "no-site", t`${strange} is not a managed site of ${environment}.`, {
		hints: [line("sites list", [], { environment }), line("sites add", [strange], { environment })],
		data: { site: strange, environment },
	});
}

/** The sites that are managed. @throws CfmError not-found `no-sites` */
export async function requireSites(view: RegistryView, { name }: Environment, folder?: NamedFolder): Promise<string[]> {
	const cared = (await listSites(view, name)).map(({ origin }) => origin);
	if (cared.length > 0) return cared;
	throw new CfmError("not-found", "no-sites", t`No site is managed in ${name} yet.`, {
		hints: [
			{ say: t`Choose one:`, line: line("sites add", [{ fill: "https://HOST" }], { environment: name }) },
			line("web list", [], {
				"profile-dir": folder?.path,
				"browser-kind": folder?.kind,
				discover: true,
				environment: name,
			}),
		],
		data: { environment: name },
	});
}

async function sitesFor(
	view: RegistryView | null,
	{ sites, environment, folder }: ScopeRequest,
): Promise<Scope["sites"]> {
	if (sites === "all" || sites.length > 0 || view === null) return sites;
	return requireSites(view, await requireEnvironment(view, environment), folder);
}

function profileOf(folder: NamedFolder, users: readonly string[]): BrowserProfile {
	const { path, kind } = folder;
	return {
		user: users[0] === undefined ? null : parseAccount(users[0]).spelling,
		sid: null,
		browser: kind,
		kind,
		name: basename(path),
		path,
		// Where it really is was made out: on the way there from the root is no link any more.
		within: parse(path).root,
		// One up, where a running browser's lock would be, when the folder is where its browser made it.
		userData: kind === "chromium" ? dirname(path) : null,
	};
}

async function expectedIn(view: RegistryView | null, { id, users, environment }: ScopeRequest): Promise<Expectation> {
	if (id !== undefined) return { id };
	const [user, ...others] = users;
	if (user === undefined || view === null) return { id: null, why: "unknown" };
	if (others.length > 0 || /[*?]/.test(user)) {
		throw new CfmError("usage", "one-user-only", t`A profile folder belongs to one user: specify one with --user.`);
	}
	return expectationOf(view, await requireEnvironment(view, environment), parseAccount(user));
}
