import type { Origin, Registry, RestoreEvent } from "./port.js";

/** What a kind of store knows of its locations: how a registry there is made, brought up to date and replaced. */
export interface RegistryProvider {
	/** Opens a copy only to look at it; the copy is neither locked nor changed. */
	openCopy(file: string): Promise<Registry>;
	/** Makes a new, empty registry; one that is there already is left as it is. @returns whether it was made now */
	create(location: string, options: { adopt: boolean }): Promise<boolean>;
	/** The schema the registry has, and the one that this program works with. */
	schema(location: string): Promise<{ location: string; from: number; to: number }>;
	/** Brings the registry up to date. @returns where a copy of what was there is kept; null when nothing was to be done */
	migrate(location: string, origin: Origin): Promise<string | null>;
	/** Replaces the content by a copy's. @returns where the old content is kept; null when there was none */
	restore(location: string, file: string, origin: Origin, event: Omit<RestoreEvent, "before">): Promise<string | null>;
}
