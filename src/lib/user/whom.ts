import type { Account } from "../account/account.js";
import { certain, registered } from "../account/whose.js";
import type { LocalUser, Machine } from "../client/machine.js";
import { findLocalUser } from "../client/this-user.js";
import { type Hint, line } from "../command-line.js";
import { type Environment, idOfPort, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { personCalled } from "../id/history.js";
import { holdingOf, unsureHolder } from "../id/holder.js";
import { quarantinedOf, type Subject } from "../id/page.js";
import type { Target } from "../id/release.js";
import type { RegistryEvent, RegistryView } from "../registry/registry.js";
import { t } from "../text.js";

/** So many events are told: the last change is usually the answer. */
const lastEvents = 5;

export interface PageRequest {
	target: Target;
	/** The fields of rows that say whom an event is about. */
	userFields: readonly string[];
}

/**
 * Whom a word means, and whether anything is registered of them.
 *
 * @throws CfmError not-found `no-allocation` for an ID that is nobody's; conflict `user-ambiguous`
 */
export async function whoIsIt(
	view: RegistryView,
	name: string,
	{ target, userFields }: PageRequest,
): Promise<{ subject: Subject; events: RegistryEvent[]; isKnown: boolean }> {
	const environment = await requireEnvironment(view, name);
	const { account, held } =
		"account" in target
			? await heldBy(view, environment, target.account)
			: await holderOf(view, environment, target.id);
	const subject = { environment, account, held };
	const person = await personCalled(view, account);
	const asked = { person, userFields, environment: environment.name, descending: true, limit: lastEvents };
	const events = (await Array.fromAsync(view.events(asked))).flat();
	const isKnown = held !== null || events.length > 0 || (await quarantinedOf(view, subject)).length > 0;
	return { subject, events, isKnown };
}

async function heldBy(
	view: RegistryView,
	environment: Environment,
	account: Account,
): Promise<Pick<Subject, "account" | "held">> {
	const meant = await holdingOf(view, environment, account);
	if (meant.is === "unsure") throw unsureHolder(environment, account, meant);
	if (meant.is === "one") return { account: registered(meant.one), held: meant.one };
	const rested = certain(await holdingOf(view, environment, account, "quarantined"));
	return { account: rested.is === "one" ? registered(rested.one) : account, held: null };
}

async function holderOf(
	view: RegistryView,
	environment: Environment,
	id: number,
): Promise<Pick<Subject, "account" | "held">> {
	const held = await view.allocation(environment.name, id);
	if (held !== undefined && held.user !== null)
		return { account: registered(held), held: held.state === "allocated" ? held : null };
	const here = { environment: environment.name };
	const ofPort = idOfPort(environment, id);
	const behind = ofPort === undefined ? undefined : await view.allocation(environment.name, ofPort);
	const isInRange = id >= environment.firstId && id <= environment.lastId;
	throw new CfmError("not-found", "no-allocation", t`Nobody holds ID ${id} of ${environment.name}.`, {
		hints: [
			...(behind?.state === "allocated"
				? [{ say: t`${id} is the port of ID ${behind.id}:`, line: line("users show", [behind.id], here) }]
				: []),
			isInRange ? line("ids show", [id], here) : line("ids list", [], here),
		],
		data: { id, environment: environment.name },
	});
}

/** Whether somebody has a profile here: who it is, nobody, or why it can't be determined. */
export type Local = { user: LocalUser | undefined; why?: string };

export async function localOf(machine: Machine, { account, environment }: Subject): Promise<Local> {
	const users = await machine.profiles.users();
	const user = findLocalUser(users.known ? users.value : [await machine.profiles.currentUser()], account, environment);
	return users.known || user !== undefined ? { user } : { user, why: users.why };
}

/** Neither the registry nor the machine knows somebody. */
export function nobodyKnown({ account, environment }: Subject, machine: Machine, hints: readonly Hint[]): CfmError {
	const here = { environment: environment.name };
	return new CfmError(
		"not-found",
		"no-user",
		t`Nobody called ${account.spelling} has or had an ID in ${environment.name}, or has a profile on ${machine.name}.`,
		{
			hints: [...hints, line("ids allocate", [account.spelling], here)],
			data: { user: account.spelling, environment: environment.name },
		},
	);
}
