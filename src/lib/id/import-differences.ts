import type { Account } from "../account/account.js";
import { registered, relate } from "../account/whose.js";
import { type Environment, portOf } from "../environment/environment.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { hasOtherName } from "./holder.js";
import type { ImportedId, ImportPlan } from "./import.js";

/** Tells what the registry has otherwise than the file, and keeps so. */
export function tellDifferences(
	plan: ImportPlan,
	row: ImportedId,
	environment: Environment,
	held: Allocation,
	previousId = held.id,
): void {
	const { account, note, port, until } = row;
	const tell = (message: string) => differ(plan, row, environment, message);
	const rule = portOf(environment, previousId);
	if (port !== undefined && port !== rule) {
		tell(t`the port of ID ${previousId} is ${rule} by the rule of ${environment.name}, not ${port}`);
	}
	const { sid: _, ...name } = account ?? registered(held);
	if (held.user !== null && relate(name, registered(held), environment.domains) === "different") {
		tell(t`ID ${held.id} stays registered as ${held.user}, the same account by its SID`);
	}
	if (note !== null && note !== held.note) {
		tell(t`the note of ID ${held.id} stays as it is: ${held.note ?? "-"}`);
		plan.noteNotStored.push(held.user ?? held.id);
	}
	if (until !== undefined && held.until !== null && until !== held.until) {
		tell(t`the quarantine of ID ${held.id} still ends on ${held.until.slice(0, 10)}`);
	}
}

export function differ(plan: ImportPlan, { line, id }: ImportedId, environment: Environment, message: string): void {
	plan.differences.push({ line, id, environment: environment.name, message });
}

/** Tells whom the registry knows under another name, by their SID. */
export function tellRenamed(plan: ImportPlan, account: Account, environment: Environment, held: Allocation): void {
	if (!hasOtherName(held, environment, account)) return;
	const { user, id } = held;
	plan.renamed.push({ user: account.spelling, registered: user ?? "", id, environment: environment.name });
}
