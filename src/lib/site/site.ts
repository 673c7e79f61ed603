/** A web site whose web IDs are cared for. */
export interface Site {
	environment: string;
	/** As browsers write it: `https://host[:port]`, nothing behind. */
	origin: string;
	note: string | null;
	/** When it was added, ISO 8601 UTC. */
	since: string;
}
