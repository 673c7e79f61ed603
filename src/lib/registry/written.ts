import type { MoveEvent, RegistryView, RestoreEvent } from "./registry.js";

/**
 * How many events were ever written, those included that restores have undone: it grows with every change and every restore,
 * whatever becomes of clocks. So of two states of one registry the later one is known, although a restore makes the log
 * shorter.
 */
export async function eventsEverWritten(view: Pick<RegistryView, "lastEvent">): Promise<number> {
	const last = (await view.lastEvent())?.seq ?? 0;
	const restored = await view.lastEvent("restore");
	if (restored === undefined) return last;
	const replaced = restored.before as { events?: number; written?: number } | null;
	return Math.max(restored.seq, replaced?.written ?? replaced?.events ?? 0) + 1 + (last - restored.seq);
}

/** The event of a content that takes another's place: a restore tells what it replaced, a move where it comes from. */
export function withReplaced(
	event: Omit<RestoreEvent, "before"> | MoveEvent,
	before: RestoreEvent["before"],
): RestoreEvent | MoveEvent {
	return event.action === "restore" ? { ...event, before } : event;
}
