import type { Account } from "../account/account.js";
import { isThen, type KnownAs, type Person } from "../account/person.js";
import { byName, registered, relate } from "../account/whose.js";
import { line } from "../command-line.js";
import { listEnvironments, requireEnvironment } from "../environment/environment.js";
import { undecided } from "../environment/undecided.js";
import { CfmError } from "../errors.js";
import { undoAction } from "../registry/kind.js";
import type { Chunks, EventQuery, RegistryEvent, RegistryView } from "../registry/registry.js";
import { eventsOfChanges } from "../registry/what-changed.js";
import { t } from "../text.js";
import { type Allocation, allocations } from "./allocation.js";
import { withNear } from "./holder.js";

export interface History {
	events: Chunks<RegistryEvent>;
	total: number;
}

/**
 * What happened to a user's or an ID's allocations, oldest first. A user is found under every name that they had.
 *
 * @param asked.changes only so many changes, where a move is one of them
 * @throws CfmError conflict `user-ambiguous`; not-found `no-history` when something was asked for that no event is about
 */
export async function history(
	view: RegistryView,
	{ changes, ...asked }: EventQuery & { changes?: number | undefined },
): Promise<History> {
	const { account } = asked;
	const query = account === undefined ? asked : { ...asked, person: await personCalled(view, account) };
	const total = await view.countEvents(query);
	// One that was removed has a history still; one that never was is a misspelling.
	if (total === 0 && query.environment !== undefined) await requireEnvironment(view, query.environment);
	if (total === 0 && account !== undefined && account.domain !== "") {
		// Recorded without a domain, and nobody said whose those are: the same answer as everywhere.
		const bare = { ...account, domain: "" };
		const any = { ...asked, account: bare, limit: undefined, offset: undefined };
		for await (const chunk of view.events(any)) {
			for (const { subject: user, environment } of chunk) {
				const domains = (await view.environment(environment))?.domains ?? [];
				if (relate(account, registered({ user, sid: null }), domains) === "perhaps")
					throw undecided({ name: environment }, account, { why: "domain", among: [{ user }] });
			}
		}
	}
	if (total === 0 && (account !== undefined || query.id !== undefined)) {
		const nothing = t`Nothing has been recorded about ${account?.spelling ?? `ID ${query.id}`}.`;
		const error = new CfmError("not-found", "no-history", nothing, { hints: [line("ids history")] });
		throw account === undefined ? error : await withNear(view, query.environment, account, error);
	}
	if (changes === undefined) return { events: view.events(query), total };
	return { events: eventsOfChanges(view.events({ ...query, limit: 2 * changes + 1 }), changes), total };
}

/** One change of a name or of a SID, as the log tells it. */
interface Renaming {
	seq: number;
	environment: string;
	before: Pick<Allocation, "user" | "sid">;
	after: Pick<Allocation, "user" | "sid">;
}

/**
 * Who is called by a name: all their names and SIDs, before and after they were renamed. Where a name was given up and
 * somebody has it again, it is theirs only since then.
 */
export async function personCalled(view: RegistryView, account: Account): Promise<Person> {
	const renamings = await renamingsOf(view);
	const names: KnownAs[] = [];
	const sids = new Set<string>(account.sid === undefined ? [] : [account.sid]);
	const domainsOf = new Map((await listEnvironments(view)).map(({ name, domains }) => [name, domains]));
	const isCalled = (user: string | null, one: Account, environment: string) =>
		relate(byName(one), registered({ user, sid: null }), domainsOf.get(environment) ?? []) === "same";

	const now = [
		...(await view.allocationsNamed(account.name, "allocated")),
		...(await view.allocationsNamed(account.name, "quarantined")),
	].filter(({ user, environment }) => isCalled(user, account, environment));
	const except: string[] = [];
	for (const { environment } of now) {
		const left = renamings.findLast(
			({ before, after, ...one }) =>
				one.environment === environment && after.user !== before.user && isCalled(before.user, account, environment),
		);
		if (left === undefined) continue;
		except.push(environment);
		names.push({ account, environment, from: left.seq + 1 });
	}
	names.push({ account, except });
	if (account.domain !== "") for (const { sid } of now) if (sid !== null) sids.add(sid);

	// Each name that is found may lead to another one, and each SID.
	for (const name of names) {
		for (const { seq, environment, before, after } of renamings) {
			if (!isThen(name, { environment, seq })) continue;
			const [was, became] = [before.user, after.user].map((user) => isCalled(user, name.account, environment));
			if ((was || became) && name.account.domain !== "")
				for (const { sid } of [before, after]) if (sid !== null) sids.add(sid);
			if (was === became) continue;
			const next = became
				? { account: registered({ user: before.user, sid: null }), environment, to: seq }
				: { account: registered({ user: after.user, sid: null }), environment, from: seq };
			if (!names.some((one) => isSameName(one, next))) names.push(next);
		}
	}
	return { names, sids };
}

async function renamingsOf(view: RegistryView): Promise<Renaming[]> {
	const actions = ["id.rename", "id.identify", undoAction(allocations)];
	const found: Renaming[] = [];
	for await (const chunk of view.events({ actions, beyondGiving: true })) {
		for (const { seq, environment, before, after } of chunk) {
			if (isAllocation(before) && isAllocation(after)) found.push({ seq, environment, before, after });
		}
	}
	return found;
}

function isAllocation(row: unknown): row is Pick<Allocation, "user" | "sid"> {
	return typeof row === "object" && row !== null && "user" in row && row.user !== null && "sid" in row;
}

function isSameName(one: KnownAs, other: KnownAs): boolean {
	const { spelling } = other.account;
	return (
		one.account.spelling === spelling &&
		one.environment === other.environment &&
		one.from === other.from &&
		one.to === other.to
	);
}
