import type { LocalUser } from "../client/machine.js";
import type { ClientProfile } from "../client/profile.js";
import type { Known } from "../known.js";

/** Browsers whose policies decide whether a site may call the loopback. */
export type PolicyBrowser = "chrome" | "edge";

/** Policies that an administrator set, by name. */
export type BrowserPolicies = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** How Windows keeps a user's profile. */
export type ProfileKind = "local" | "roaming" | "temporary" | "mandatory";

/** What sends connections through a proxy. */
export interface ProxySettings {
	/** `host:port`; null: a script decides. */
	server: string | null;
	/** What goes directly, as it was written. */
	bypass: readonly string[];
}

/** The folder that a user's .epf file is in. */
export interface EpfFolder {
	path: string;
	there: boolean;
	/** Whether the user may write in it. */
	writable: Known<boolean>;
}

/** A server that somebody tried to reach. */
export interface Reached {
	/** Whether a connection came about; `why` is the system's reason when it did not. */
	connected: boolean;
	why: string | null;
	/** Of a TLS connection: whether a public authority vouches for the certificate, and who issued it. */
	tls?: { trusted: boolean; why: string | null; issuer: string | null };
	/** The time that the answer's `Date` says, ISO 8601 UTC. */
	date?: string;
}

/** Where a connection goes. */
export interface Target {
	host: string;
	port: number;
	/** Whether TLS and HTTP are spoken behind the connection. */
	secure: boolean;
	/** A proxy, `host:port`; null: directly. */
	proxy: string | null;
}

/** What surrounds users, clients and browsers on one machine. Every answer tells "none" from "can't determine". */
export interface Surroundings {
	/** Does Remote Desktop give each session a loopback address of its own? Null: this system has no such thing. */
	virtualLoopback(): Known<boolean | null>;
	/** What does the machine's administrator prescribe to a browser? */
	policies(browser: PolicyBrowser): Known<BrowserPolicies>;
	/** How is a user's profile kept? Null: this system knows one kind only. */
	profileKind(user: LocalUser): Known<ProfileKind | null>;
	/** Which proxy do a user's programs have? Null: none. */
	proxy(user: LocalUser): Known<ProxySettings | null>;
	/** Is the client started when the user logs on? Null: the client profile does not say by what. */
	autostart(user: LocalUser, profile: ClientProfile): Promise<Known<boolean | null>>;
	/** What is the folder with the user's .epf file? Null: the client profile names none. */
	epfFolder(user: LocalUser, profile: ClientProfile): Promise<Known<EpfFolder | null>>;
	/** What are the programs called that are installed for everybody? Null: this system has no such list. */
	programs(): Known<readonly string[] | null>;
	/** How much room is where a file is, or will be? In bytes. */
	room(file: string): Known<{ free: number; all: number }>;
	/** Does a server answer? @param signal ends the attempt */
	reach(target: Target, signal: AbortSignal): Promise<Reached>;
}
