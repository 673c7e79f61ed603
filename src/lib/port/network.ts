import type { PortState } from "../client/machine.js";
import type { Known } from "../known.js";

/** A process that listens. What can't be determined is null and named in `unknown`; a session can be null and known. */
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
	/** The system itself, on behalf of a service that this does not name: on Windows http.sys, as process 4. */
	kernel?: true;
}

/** Of what has ended: that it has no process is known. */
export const noOwner: Owner = {
	...{ pid: null, process: null, user: null, sid: null, session: null, since: null },
	unknown: [],
};

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

/** One TCP socket, whatever its state. */
export interface TcpSocket extends Listener {
	/** `connected`: a connection, being opened or open; `closing`: one that has ended, whose port the system keeps a while. */
	state: "listening" | "connected" | "closing";
	/** The other end of a connection: `192.0.2.7:443`; null for a listener. */
	remote: string | null;
}

/** A session somebody is logged on in, whether a screen shows it now or not. */
export interface UserSession {
	/** As `Owner.session`. */
	session: number;
	/** As `Owner.user` and `Owner.sid`. */
	user: string;
	sid: string | null;
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
export interface Network {
	/** What listens, owned by whom? */
	listeners(): Promise<Known<Listener[]>>;
	/** On which ports does anybody listen? Asks for no owner, so it is cheap. */
	listening(): Promise<Known<ReadonlySet<number>>>;
	/** On which ports does somebody answer who is asked at 127.0.0.1? Of all at once: to connect to each takes seconds. */
	answering(): Promise<Known<ReadonlySet<number>>>;
	/** Which sockets are on these ports of this machine, whether they listen or not, owned by whom? */
	sockets(ports: PortRange): Promise<Known<TcpSocket[]>>;
	/** Who is logged on, in which sessions? Of two sessions of one user only one client gets the port. */
	sessions(): Promise<Known<UserSession[]>>;
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
