import type { PortState } from "../client/ports.js";
import type { Known } from "../known.js";

/** A process that listens. What could not be told is null and named in `unknown`; a session can be null and known. */
export interface Owner {
	pid: number | null;
	process: string | null;
	/** As the machine spells the account: `DOMAIN\name` on Windows. */
	user: string | null;
	/** The account's SID; on Linux its UID. */
	sid: string | null;
	/** The session it runs in; null when it belongs to none. */
	session: number | null;
	/** When it was started, ISO 8601 UTC. */
	since: string | null;
	unknown: readonly OwnerField[];
}

/** The fields of an owner that a script sees, and that can be unknown. */
export type OwnerField = "pid" | "process" | "user" | "session" | "since";

/** One TCP socket in LISTEN. */
export interface Listener {
	/** IPv6 in the short form, without brackets: `::1`. */
	address: string;
	port: number;
	/** The process that has the socket; of several the oldest. */
	owner: Owner;
	/** Other processes that have the same socket: children that inherited it. */
	sharedWith: readonly Owner[];
}

/** A block of ports, both ends included. */
export interface PortRange {
	first: number;
	last: number;
}

/** Ports the system keeps from programs that ask for any port. */
export interface ExcludedRange extends PortRange {
	/**
	 * An administrator set it apart: a program that asks for one of these ports by number gets it. All others refuse
	 * every bind (WSAEACCES, 10013).
	 */
	administered: boolean;
}

/** What the machine's network says of ports. Every answer tells "none" from "could not tell". */
export interface NetworkPort {
	/** What listens, owned by whom? */
	listeners(): Promise<Known<Listener[]>>;
	/** On which ports does anybody listen? Asks for no owner, so it is cheap. */
	listening(): Promise<Known<ReadonlySet<number>>>;
	/** Which ports are excluded? */
	excluded(): Promise<Known<ExcludedRange[]>>;
	/** From which ports are outgoing connections served? */
	dynamic(): Promise<Known<PortRange>>;
	/** Can this port be bound on the loopback now? */
	bind(port: number): Promise<Known<PortState>>;
	/** Runs one of the system's own programs for networks, with administrators' rights. */
	configure(command: NetworkCommand): Promise<{ succeeded: boolean; told: string }>;
}

/** A command line that changes the system's network: the program's name and its words. */
export interface NetworkCommand {
	program: "netsh" | "net";
	words: readonly string[];
}
