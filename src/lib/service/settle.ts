import type { Plan, RegistryOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { RecordChange, RegistryView } from "../registry/registry.js";
import { services } from "./service.js";
import { standingsIn, suspendedBy } from "./told.js";

/**
 * The events that are due: services that read as suspended, since what they sign with ran out, and of which the log does not
 * tell yet. Whoever may write writes them, once: what is recorded as suspended is not due any more.
 */
export async function settled(view: RegistryView, now: Date): Promise<RecordChange[]> {
	const standings = standingsIn(view, now);
	const changes: RecordChange[] = [];
	for await (const chunk of view.records(services, { where: { status: "active" } })) {
		for (const row of chunk) {
			const after = suspendedBy(row, (await standings(row.certificate))?.ended ?? null);
			// Of signatures that are used up nobody told when: it is from now on.
			if (after !== undefined)
				changes.push(
					recordChange(services, "service.expire", row, {
						...after,
						suspendedAt: after.suspendedAt ?? now.toISOString(),
					}),
				);
		}
	}
	return changes;
}

/**
 * An operation that first records which services were suspended because something ran out: what it changes itself, a renewal
 * above all, would hide that.
 */
export function settling<P extends Plan, R extends object>(
	operation: RegistryOperation<P, R>,
	now: Date,
): RegistryOperation<P, R> {
	return {
		...operation,
		async plan(view) {
			const plan = await operation.plan(view);
			return { ...plan, changes: [...(await settled(view, now)), ...plan.changes] };
		},
	};
}
