import { type Account, tryAccount } from "../account/account.js";
import { foldName } from "../account/fold.js";
import { isPattern } from "../account/pattern.js";
import { registered, relate } from "../account/whose.js";
import { type Activation, activations, isOpen, type Step } from "../activation/activation.js";
import { type CommandLine, line } from "../command-line.js";
import { type Environment, idOfPort, listEnvironments, requireEnvironment } from "../environment/environment.js";
import type { Allocation } from "../id/allocation.js";
import { personCalled } from "../id/history.js";
import { toListed } from "../id/list.js";
import { nearUsers } from "../id/near-users.js";
import { certificates, type RegisteredCertificate } from "../registered/certificate.js";
import type { RegistryView } from "../registry/registry.js";
import { services } from "../service/service.js";
import { listSites } from "../site/site.js";

/** What a text was found as; `past`: who had an ID, or a name, and has neither any more. */
export type MatchKind =
	| "user"
	| "note"
	| "sid"
	| "id"
	| "port"
	| "site"
	| "certificate"
	| "service"
	| "activation"
	| "request"
	| "past";

export interface Match {
	kind: MatchKind;
	/** What fits: a user, a note, a SID, an ID, a port, a site, a certificate's alias, a service, a request. */
	found: string;
	user: string | null;
	id: number | null;
	port: number | null;
	/** Of an ID, `free` too; of a certificate its status, of an activation its step. */
	state: Allocation["state"] | "free" | RegisteredCertificate["status"] | Step | null;
	environment: string | null;
	/** What tells more of it. */
	next: CommandLine;
}

export interface Found {
	matches: Match[];
	/** All that were found, also those beyond the limit. */
	total: number;
	/** Where nothing was found: users who are called nearly so. */
	near: string[];
}

export interface FindRequest {
	text: string;
	environment?: string | undefined;
	/** The most that is told of users, notes and SIDs. */
	limit: number;
	/** The fields of rows that say whom an event is about. */
	userFields: readonly string[];
}

/**
 * Looks for a text in all that the registry knows: users in any spelling, SIDs, notes, IDs, ports, sites, requests, and who was
 * somebody once.
 *
 * @throws CfmError not-found `no-environment`
 */
export async function find(view: RegistryView, request: FindRequest): Promise<Found> {
	const text = request.text.trim();
	const environments =
		request.environment === undefined
			? await listEnvironments(view)
			: [await requireEnvironment(view, request.environment)];
	const read = tryAccount(text);
	const account = "problem" in read || isPattern(text) ? undefined : read;
	const held = await allocationsWith(view, environments, text, account, request);
	const others = [
		...(await numbers(view, environments, text)),
		...(await sitesWith(view, environments, text)),
		...(await certificatesWith(view, environments, text, account)),
		...(await servicesWith(view, text, request)),
		...(await activationsWith(view, environments, text, account)),
	];
	const isNothing = held.total + others.length === 0;
	const logged = isNothing ? await requestCalled(view, text) : [];
	if (isNothing && logged.length === 0 && account !== undefined) logged.push(...(await pastOf(view, account, request)));
	const matches = [...others.slice(0, request.limit), ...held.matches, ...logged];
	const total = others.length + held.total + logged.length;
	const near = total === 0 && account !== undefined ? await nearUsers(view, request.environment, account) : [];
	return { matches, total, near };
}

async function allocationsWith(
	view: RegistryView,
	environments: readonly Environment[],
	text: string,
	account: Account | undefined,
	{ environment, limit }: FindRequest,
): Promise<{ matches: Match[]; total: number }> {
	const byName = new Map(environments.map((one) => [one.name, one]));
	const found = new Map<string, Allocation>();
	const add = (one: Allocation) => found.set(`${one.environment}\n${one.id}`, one);
	// Other spellings of the account: another name of its domain, a letter that is no ASCII.
	for (const { name, domains } of account === undefined ? [] : environments)
		for (const state of ["allocated", "quarantined"] as const)
			for (const one of await view.allocationsNamed(account?.name ?? "", state, name))
				if (relate(account as Account, registered(one), domains) !== "different") add(one);
	const query = { environment, containing: text };
	for await (const chunk of view.allocations({ ...query, limit: limit + 1 })) for (const one of chunk) add(one);
	// All rows are read for it: they are counted only where not all are told.
	const total = found.size > limit ? await view.countAllocations(query) : found.size;
	const first = [...found.values()].sort((a, b) => rank(a) - rank(b)).slice(0, limit);
	const matches = first.flatMap((one) => {
		const where = byName.get(one.environment);
		return where === undefined ? [] : [allocationMatch(one, where, text)];
	});
	return { matches, total: Math.max(total, matches.length) };
}

/** Who has an ID before who had one. */
const rank = ({ state }: Allocation) => (state === "allocated" ? 0 : 1);

function allocationMatch(held: Allocation, environment: Environment, text: string): Match {
	const { user, id, port, state, note, sid } = toListed(held, environment);
	const has = (value: string | null) => value !== null && foldName(value).includes(foldName(text));
	const kind = !has(user) && has(note) ? "note" : !has(user) && has(sid) ? "sid" : user === null ? "note" : "user";
	const found = { user: user ?? "", note: note ?? "", sid: sid ?? "" }[kind];
	const here = { environment: environment.name };
	const next = state === "allocated" ? line("users show", [user ?? ""], here) : line("ids show", [id], here);
	return { kind, found, user, id, port, state, environment: environment.name, next };
}

/** What a number is: an ID, or the port of one. */
async function numbers(view: RegistryView, environments: readonly Environment[], text: string): Promise<Match[]> {
	const number = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
	const matches: Match[] = [];
	for (const environment of environments) {
		const { name, firstId, lastId, portBase, portStride } = environment;
		for (const [kind, id] of [
			["id", number >= firstId && number <= lastId ? number : undefined],
			["port", idOfPort(environment, number)],
		] as const) {
			if (id === undefined) continue;
			const held = await view.allocation(name, id);
			const here = { environment: name };
			const { user = null, state = "free" as const } = held ?? {};
			const next = state === "allocated" ? line("users show", [user ?? ""], here) : line("ids history", [id], here);
			matches.push({
				...{ kind, found: text, user, id, port: portBase + portStride * id, state, environment: name },
				next: held === undefined ? line("ids allocate", [{ fill: "USER" }], { id, ...here }) : next,
			});
		}
	}
	return matches;
}

async function sitesWith(view: RegistryView, environments: readonly Environment[], text: string): Promise<Match[]> {
	const matches: Match[] = [];
	for (const { name } of environments) {
		for (const { origin, note } of await listSites(view, name)) {
			if (![origin, note ?? ""].some((one) => foldName(one).includes(foldName(text)))) continue;
			const next = line("sites list", [], { environment: name });
			matches.push({ ...nothing, kind: "site", found: origin, environment: name, next });
		}
	}
	return matches;
}

/** By the name or the client ID. */
async function servicesWith(view: RegistryView, text: string, { limit }: FindRequest): Promise<Match[]> {
	if (isPattern(text) || text === "") return [];
	const part = `*${text}*`;
	const found: Match[] = [];
	const seen = new Set<string>();
	for (const where of [{ named: part }, { client: part }]) {
		for await (const chunk of view.records(services, { where, order: "name", limit })) {
			for (const { name } of chunk) {
				if (seen.has(name)) continue;
				seen.add(name);
				found.push({ ...nowhere, kind: "service", found: name, next: line("services show", [name]) });
			}
		}
	}
	return found;
}

/** By a part of the alias or of the owner's name, by serial number, or by how the fingerprint begins. */
async function certificatesWith(
	view: RegistryView,
	environments: readonly Environment[],
	text: string,
	account: Account | undefined,
): Promise<Match[]> {
	if (text === "" || isPattern(text)) return [];
	const found = new Map<number, RegisteredCertificate>();
	const add = async (
		where: { [F in "named" | "serial" | "print" | "owned" | "owner"]?: string },
		fits = (_: RegisteredCertificate) => true,
	) => {
		for await (const chunk of view.records(certificates, { where }))
			for (const one of chunk) if (fits(one)) found.set(one.number, one);
	};
	await add({ named: `*${text}*` });
	// As other programs write them: AB:CD:EF, or with blanks.
	const hexadecimal = text.replace(/[\s:]/g, "").toLowerCase();
	if (/^[\da-f]+$/.test(hexadecimal)) {
		await add({ serial: hexadecimal });
		if (hexadecimal.length >= 8) await add({ print: `${hexadecimal}*` });
	}
	if (account?.domain === "") await add({ owned: `*${account.name}*` });
	else if (account !== undefined)
		await add({ owner: account.name }, ({ owner }) => isAny(account, owner, environments));
	return [...found.values()].map(({ alias, owner, status }) => {
		const next = line("certs show", [alias]);
		return { ...nowhere, kind: "certificate", found: alias, user: owner, state: status, next };
	});
}

/** One of each user: the open one, else the last. */
async function activationsWith(
	view: RegistryView,
	environments: readonly Environment[],
	text: string,
	account: Account | undefined,
): Promise<Match[]> {
	if (account === undefined || isPattern(text)) return [];
	const where = account.domain === "" ? { named: `*${account.name}*` } : { user: account.name };
	const matches: Match[] = [];
	for (const environment of environments) {
		const of = new Map<string, Activation>();
		for await (const chunk of view.records(activations, { environment: environment.name, where })) {
			for (const one of chunk) {
				const before = of.get(foldName(one.user));
				if (account.domain !== "" && !isAny(account, one.user, [environment])) continue;
				if (before === undefined || isOpen(one) || !isOpen(before)) of.set(foldName(one.user), one);
			}
		}
		for (const { user, step } of of.values()) {
			const next = line("activations show", [user], { environment: environment.name });
			matches.push({
				...{ ...nothing, kind: "activation", found: user, user, state: step, environment: environment.name, next },
			});
		}
	}
	return matches;
}

/** Whether an account may be this user in any of the environments. */
function isAny(account: Account, user: string | null, environments: readonly Environment[]): boolean {
	if (user === null) return false;
	const other = registered({ user, sid: null });
	return environments.some(({ domains }) => relate(account, other, domains) !== "different");
}

async function requestCalled(view: RegistryView, text: string): Promise<Match[]> {
	for await (const [event] of view.events({ requestKey: text, limit: 1 })) {
		if (event === undefined) continue;
		const { subject, id, environment } = event;
		const next = line("undo", [text], { "dry-run": true });
		return [{ ...nothing, kind: "request", found: text, user: id === null ? null : subject, id, environment, next }];
	}
	return [];
}

/** Who was somebody once, and under which name they are somebody now. */
async function pastOf(
	view: RegistryView,
	account: Account,
	{ userFields, environment }: FindRequest,
): Promise<Match[]> {
	// Whom no event names was never called otherwise, either: the log need not be read again for that.
	if ((await view.countEvents({ account: { ...account, domain: "" }, userFields, beyondGiving: true })) === 0)
		return [];
	const person = await personCalled(view, account);
	for await (const [event] of view.events({
		person,
		userFields,
		environment,
		beyondGiving: true,
		descending: true,
		limit: 1,
	})) {
		if (event === undefined) continue;
		const { subject, id } = event;
		const held = id === null ? undefined : await view.allocation(event.environment, id);
		const now = held?.user === subject ? held.state : null;
		const next =
			now === "allocated"
				? line("users show", [subject], { environment: event.environment })
				: line("ids history", [account.spelling]);
		const where = { environment: event.environment, id, port: null, state: now };
		return [{ kind: "past", found: account.spelling, user: subject, ...where, next }];
	}
	return [];
}

const nowhere = { user: null, id: null, port: null, state: null, environment: null } as const;
const nothing = { user: null, id: null, port: null, state: null } as const;
