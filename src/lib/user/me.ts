import { holdingOfUser } from "../client/list.js";
import { type SeenClient, seen } from "../client/look.js";
import type { LocalUser, Machine } from "../client/machine.js";
import type { ClientProfile } from "../client/profile.js";
import { type CommandLine, commandsOf, line } from "../command-line.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { defaults } from "../environment/plan.js";
import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import type { Listener, Network } from "../port/network.js";
import { answersAtLoopback } from "../port/whose.js";
import type { Registry } from "../registry/registry.js";
import { t } from "../text.js";
import type { Browsers } from "../webid/browsers.js";
import { isProblem, type ListedWebId, listWebIds } from "../webid/list.js";
import { placesIn, type Scope } from "../webid/scope.js";

/**
 * How it stands with whoever runs `cfm`, the gravest first: `no-client`: none is installed; `no-id`: the client has no ID;
 * `wrong-id`: another one than the registry says; `port-held`: somebody else answers there; `not-answering`: nobody does;
 * `web-ids-differ`: a browser holds another number than the client.
 */
export type MyVerdict =
	| "no-client"
	| "no-id"
	| "wrong-id"
	| "port-held"
	| "not-answering"
	| "web-ids-differ"
	| "unknown"
	| "ok";

/** What somebody can see of themselves without anybody's rights. */
export interface Me {
	user: string;
	sid: string | null;
	machine: string;
	/** Whether `cfm` runs with administrators' rights; null when nobody can tell. */
	elevated: boolean | null;
	verdict: MyVerdict;
	client: SeenClient;
	/** What the client's port is told by: the environment's rule, or the usual one where the registry was not read. */
	portRule: "environment" | "usual";
	/** The process that answers there; null when nobody does, or nobody can tell. */
	answeredBy: { user: string | null; process: string | null; pid: number | null; mine: boolean | null } | null;
	/** By the registry, where it could be read. */
	allocatedId: number | null;
	/** Every web ID in the user's browsers, held against the client's ID. */
	webIds: ListedWebId[];
	/** Of web IDs. */
	total: number;
	/** What could not be looked at, and why. */
	unknown: { part: "registry" | "port" | "webIds"; why: string }[];
	/** What to run next. */
	next: CommandLine[];
}

/** What may be reached to look at oneself. */
export interface MyTools {
	machine: Machine;
	network(): Promise<Pick<Network, "listeners">>;
	browsers(): Promise<Pick<Browsers, "stores" | "finder">>;
	profile: ClientProfile;
	environment: string;
	/** @throws CfmError when it cannot be read */
	registry(): Promise<Pick<Registry, "read">>;
}

/**
 * Tells somebody what is theirs on this machine: account, client and its ID, port, web IDs. It needs no registry: what that
 * would say stands as unknown, with the reason. Nothing is changed.
 */
export async function lookAtMe(tools: MyTools): Promise<Me> {
	const { machine, profile } = tools;
	const user = await machine.profiles.currentUser();
	const unknown: Me["unknown"] = [];
	/** What helps where the registry was not read. */
	let missing: CommandLine[] = [];
	const orUnknown = async <T>(part: Me["unknown"][number]["part"], look: () => Promise<T>): Promise<T | undefined> => {
		try {
			return await look();
		} catch (error) {
			if (!(error instanceof CfmError) || error.kind === "fault") throw error;
			unknown.push({ part, why: error.message });
			// Whoever may not read it is sent here by the hints.
			if (part === "registry" && error.kind !== "denied") missing = commandsOf(error.hints);
			return undefined;
		}
	};
	const registered = await orUnknown("registry", async () =>
		(await tools.registry()).read(async (view) => {
			const environment = await requireEnvironment(view, tools.environment);
			const meant = await holdingOfUser(view, environment, user);
			return { environment, id: meant.is === "one" ? meant.one.id : null };
		}),
	);
	const rule: Pick<Environment, "portBase" | "portStride"> = registered?.environment ?? defaults;
	const client = await seen(machine, await machine.client.look(user, profile), (id) => portOf(rule, id));
	const answered = client.port === null ? undefined : await whoAnswers(tools, client.port, user);
	if (answered !== undefined && !answered.known) unknown.push({ part: "port", why: answered.why });
	const webIds = (await orUnknown("webIds", () => myWebIds(tools, user, client))) ?? [];
	const answeredBy = answered?.known ? answered.value : null;
	const facts = { client, answeredBy, webIds, allocatedId: registered?.id ?? null };
	const verdict = verdictOf(facts);
	return {
		user: user.account,
		sid: user.sid,
		machine: machine.name,
		elevated: machine.elevated.known ? machine.elevated.value : null,
		verdict,
		portRule: registered === undefined ? "usual" : "environment",
		...facts,
		total: webIds.length,
		unknown,
		next: nextOf(
			verdict,
			facts,
			mayAllocate(machine) ? { user: user.account, environment: tools.environment, missing } : undefined,
		),
	};
}

/** Who listens where the loopback answers; null when nobody does. */
async function whoAnswers(
	{ network }: MyTools,
	port: number,
	{ account, sid }: LocalUser,
): Promise<Known<Me["answeredBy"]>> {
	const listeners = await (await network()).listeners();
	if (!listeners.known) return listeners;
	const found = listeners.value.find((one) => one.port === port && answersAtLoopback(one.address));
	return { known: true, value: found === undefined ? null : told(found, account, sid) };
}

function told({ owner }: Listener, account: string, sid: string | null): NonNullable<Me["answeredBy"]> {
	const { user, process, pid } = owner;
	const bySid = owner.sid !== null && sid !== null ? owner.sid === sid : undefined;
	const byName = user === null ? null : user.toLowerCase() === account.toLowerCase();
	return { user, process, pid, mine: bySid ?? byName };
}

/** Every web ID of every site: which ones are managed only the registry knows. */
async function myWebIds({ browsers }: MyTools, user: LocalUser, { clientId }: SeenClient): Promise<ListedWebId[]> {
	const { stores, finder } = await browsers();
	const expected = clientId === null ? ({ id: null, why: "unknown" } as const) : { id: clientId };
	const users = [{ user, expected }];
	const scope: Scope = { users, folder: undefined, browsers: [], sites: "all", onlyOwn: null, undecided: [] };
	return Array.fromAsync(listWebIds(stores, placesIn(scope, finder), scope.sites));
}

type MyFacts = Pick<Me, "client" | "answeredBy" | "webIds" | "allocatedId">;

function verdictOf({ client, answeredBy, webIds, allocatedId }: MyFacts): MyVerdict {
	const { installed, clientId, listening } = client;
	if (installed === false) return "no-client";
	const isIdUnknown = client.unknown.includes("clientId");
	if (clientId === null && !isIdUnknown) return "no-id";
	if (clientId !== null && allocatedId !== null && clientId !== allocatedId) return "wrong-id";
	if (answeredBy?.mine === false) return "port-held";
	if (listening === false) return "not-answering";
	if (webIds.some((row) => row.webId !== null && isProblem(row)) && clientId !== null) return "web-ids-differ";
	const isBlind =
		installed === null || isIdUnknown || listening === null || webIds.some(({ unknown }) => unknown.length > 0);
	return isBlind ? "unknown" : "ok";
}

/** Whoever has an administrator's rights is not sent to one. */
function mayAllocate({ elevated }: Machine): boolean {
	return elevated.known && elevated.value;
}

/**
 * What somebody can do alone.
 *
 * @param own who allocates, where they may do it themselves, and what must come first for lack of a registry
 */
function nextOf(
	verdict: MyVerdict,
	{ allocatedId }: MyFacts,
	own: { user: string; environment: string; missing: readonly CommandLine[] } | undefined,
): CommandLine[] {
	switch (verdict) {
		case "no-client":
		case "no-id":
			if (allocatedId === null && own !== undefined) {
				const { user, environment, missing } = own;
				if (missing.length > 0) return [...missing];
				if (verdict === "no-client") return [line("install", [], { silent: true, allocate: true, environment })];
				return [line("ids allocate", [user], { environment }), line("client set", [], { environment })];
			}
			return [line("install", [], { silent: true, id: allocatedId ?? { fill: "N" } })];
		case "wrong-id":
			return [line("client set")];
		case "web-ids-differ":
			return [line("web steps")];
		case "ok":
			return [];
		default:
			return [line("doctor")];
	}
}

/** The verdict in a sentence. */
export function verdictText({ verdict, client, allocatedId, answeredBy, machine, elevated }: Me): string {
	const { clientId, port } = client;
	switch (verdict) {
		case "no-client":
			if (allocatedId === null && elevated)
				return t`No client is installed for you on ${machine}, and no ID of yours is known.`;
			return allocatedId === null
				? t`No client is installed for you on ${machine}. Ask an administrator for your ID.`
				: t`No client is installed for you on ${machine}. Your ID is ${allocatedId}.`;
		case "no-id":
			if (allocatedId === null && elevated) return t`Your client has no ID, and no ID of yours is known.`;
			return allocatedId === null
				? t`Your client has no ID. Ask an administrator for it.`
				: t`Your client has no ID. Yours is ${allocatedId}.`;
		case "wrong-id":
			return t`Your client has ID ${clientId ?? ""}, and your ID is ${allocatedId ?? ""}.`;
		case "port-held":
			if (elevated) {
				return answeredBy?.user
					? t`Your client's port ${port ?? ""} is held by ${answeredBy.user}.`
					: t`Your client's port ${port ?? ""} is held by somebody else.`;
			}
			return answeredBy?.user
				? t`Your client's port ${port ?? ""} is held by ${answeredBy.user}. Tell an administrator.`
				: t`Your client's port ${port ?? ""} is held by somebody else. Tell an administrator.`;
		case "not-answering":
			return t`Nothing answers on your client's port ${port ?? ""}. Start the client, and look again.`;
		case "web-ids-differ":
			return t`A browser holds another web ID than your client's ID ${clientId ?? ""}.`;
		case "unknown":
			return t`Not everything about your client can be determined.`;
		case "ok":
			return t`Nothing is wrong with your client and your web IDs.`;
	}
}
