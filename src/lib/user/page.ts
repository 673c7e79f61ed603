import { activationsOf } from "../activation/find.js";
import { usersUnknown } from "../client/list.js";
import type { LocalUser, Machine } from "../client/machine.js";
import { type CommandLine, commandsOf, type Hint, line } from "../command-line.js";
import { sourcesOf, type Tools } from "../doctor/sources.js";
import { CfmError } from "../errors.js";
import { underCauses } from "../finding/causes.js";
import type { ToldFinding } from "../finding/finding.js";
import type { Fact } from "../finding/page-part.js";
import { probeBlind } from "../finding/probe.js";
import { once, runProbes } from "../finding/run.js";
import { attentionFirst } from "../finding/verdict.js";
import { findingKinds } from "../findings.js";
import type { ListedAllocation } from "../id/list.js";
import { didYouMean, heldElsewhere, nearUsers } from "../id/near-users.js";
import type { Subject } from "../id/page.js";
import { listPorts } from "../port/list.js";
import { listenersUnknownError, lookAtSessions } from "../port/look.js";
import type { RegistryEvent } from "../registry/registry.js";
import { t } from "../text.js";
import { type PageSources, parts, userProbes } from "./parts.js";
import { meaningOf, type UserVerdict, userVerdict } from "./verdict.js";
import { type Local, localOf, nobodyKnown, type PageRequest, whoIsIt } from "./whom.js";

/** A page; beside these fields each room's part, by its name: null where nobody could look. */
export interface UserPage {
	user: string;
	environment: string;
	machine: string;
	verdict: UserVerdict;
	findings: ToldFinding[];
	/** Of findings. */
	total: number;
	/** The part of the room that `verdict` is about first. */
	allocation?: ListedAllocation | null;
	/** The parts that nobody could look at, and why. */
	unknown: { part: string; why: string }[];
	/** The last ones about this user, newest first. */
	events: RegistryEvent[];
	/** What to run next. */
	next: CommandLine[];
}

/** Seconds that a room may look. */
const limit = 60;

/**
 * Tells all that is known of one user, from the registry and from this machine. Nothing is changed.
 *
 * @throws CfmError not-found `no-user`, `no-allocation` for an ID that is nobody's; conflict `user-ambiguous`
 */
export async function userPage(tools: Omit<Tools, "users">, request: PageRequest): Promise<UserPage> {
	// Asked before it is known whom the rest is about.
	const shared: Tools = {
		...tools,
		users: [],
		open: once(tools.open),
		machine: once(tools.machine),
		network: once(tools.network),
	};
	const { registry: opened } = sourcesOf(shared);
	const [registry, machine] = await Promise.all([opened(), shared.machine()]);
	const { subject, events, isKnown } = await registry.read((view) => whoIsIt(view, tools.environment, request));
	const local = await localOf(machine, subject);
	if (!isKnown && local.user === undefined) {
		const { environment, account } = subject;
		const hints = await registry.read(async (view) => [
			...(await heldElsewhere(view, "users show", environment.name, account)),
			...didYouMean("users show", await nearUsers(view, environment.name, account), environment.name),
		]);
		throw nobodyKnown(subject, machine, hints);
	}
	const sources = pageSources(shared, subject, machine, local);
	const [looked, { findings }] = await Promise.all([
		Promise.all(parts.map((part) => lookAt(part, sources))),
		runProbes(userProbes, { sources, seconds: limit }),
	]);
	const unknown = looked.flatMap(({ name, error }) =>
		error === undefined ? [] : [{ part: name, why: error.message }],
	);
	// Why a part could not look was just said.
	const told = findings.filter(
		({ kind, data }) => kind !== probeBlind || !unknown.some(({ why }) => why === (data as { why: string }).why),
	);
	const sorted = underCauses(attentionFirst(told, meaningOf), findingKinds);
	const about = { subject, isHere: local.user !== undefined };
	return {
		user: subject.account.spelling,
		environment: subject.environment.name,
		machine: machine.name,
		verdict: userVerdict({ hasId: subject.held !== null, isHere: about.isHere, isBlind: unknown.length > 0 }, told),
		findings: sorted,
		total: sorted.length,
		...Object.fromEntries(looked.map(({ name, told }) => [name, told ?? null])),
		unknown,
		events,
		next: nextOf(
			about,
			sorted,
			looked.flatMap(({ error }) => error?.hints ?? []),
		),
	};
}

/** What each room tells, in words; and why it tells nothing. */
export function pageFacts(page: UserPage): Fact[] {
	return parts.flatMap((part): readonly Fact[] => {
		const blind = page.unknown.find((one) => one.part === part.name);
		if (blind !== undefined) return [[part.title(), t`unknown: ${blind.why}`]];
		return part.facts((page as unknown as Record<string, unknown>)[part.name]);
	});
}

/** What `doctor` would look at for this user; of one who is not here, the registry and the port alone. */
function pageSources(
	tools: Tools,
	subject: Subject,
	machine: Machine,
	local: Local,
): { [K in keyof PageSources]: () => Promise<PageSources[K]> } {
	const about = sourcesOf({ ...tools, users: local.user === undefined ? [] : [local.user.account] });
	const here = async <T>(value: T): Promise<T> => {
		if (local.why !== undefined) throw usersUnknown(machine, local.why);
		return value;
	};
	const none = local.user === undefined && {
		users: () => here([]),
		clients: () => here([]),
		webIds: () => here(async function* () {}),
	};
	const ports = async () => {
		const { listeners } = await about.seen();
		if (!listeners.known) throw listenersUnknownError(listeners.why);
		const sessions = await lookAtSessions(await tools.network());
		const registry = await about.registry();
		const users = local.user === undefined ? [] : [local.user];
		const profile = tools.profile();
		const clients = { users, isInstalled: (user: LocalUser) => machine.client.isInstalled(user, profile) };
		const filter = { idsOnly: true };
		const rows = await registry.read((view) =>
			listPorts(view, subject.environment, { machine: machine.name, clients, sessions }, listeners.value, filter),
		);
		return rows.filter(({ id }) => id !== null && id === subject.held?.id);
	};
	const activations = async () =>
		(await about.registry()).read((view) => activationsOf(view, subject.environment, subject.account));
	return { ...about, ...none, ports, activations, subject: async () => subject };
}

async function lookAt(
	part: (typeof parts)[number],
	sources: ReturnType<typeof pageSources>,
): Promise<{ name: string; told?: unknown; error?: CfmError }> {
	const { name } = part;
	try {
		const given = await Promise.all(part.needs.map(async (need) => [need, await sources[need]()] as const));
		return { name, told: await part.look(Object.fromEntries(given) as unknown as PageSources) };
	} catch (error) {
		if (error instanceof CfmError && error.kind !== "fault") return { name, error };
		throw error;
	}
}

interface About {
	subject: Subject;
	isHere: boolean;
}

/** What helps, each once; where nothing is wrong, where else to look. */
function nextOf(
	{ subject: { held, account, environment }, isHere }: About,
	findings: readonly ToldFinding[],
	hints: readonly Hint[],
): CommandLine[] {
	const here = { environment: environment.name };
	const remedies = findings.flatMap(({ remedies }) => remedies.map(({ fix: _, ...command }) => command));
	const all = [...remedies, ...commandsOf(hints)];
	const gives = all.some(({ command }) => command === "ids allocate");
	if (held === null && !gives) all.unshift(line("ids allocate", [account.spelling], here));
	if (all.length === 0) all.push(isHere ? line("doctor", [], here) : line("ports check", [held?.id ?? 0], here));
	return [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
}
