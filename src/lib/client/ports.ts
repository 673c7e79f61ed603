import type { Known } from "../known.js";
import type { ClientProfile } from "./profile.js";

/** A user with a profile on this machine. */
export interface LocalUser {
	/** As the machine spells it: `DOMAIN\name` on Windows. */
	account: string;
	/** Nobody could say the account's name: `account` is what its folder is called, and may be anybody's name. */
	nameUnknown?: true;
	sid: string | null;
	/** The profile's folder. */
	profileFolder: string;
	/** Whether `cfm` runs as this user. */
	isCurrent: boolean;
}

/** What can be seen of one user's client on this machine. */
export interface ClientState {
	user: string;
	folder: string;
	/** The program's file is there. */
	installed: Known<boolean>;
	clientId: Known<number | null>;
	version: Known<string | null>;
	/** The user's uninstall entry is there. */
	registered: Known<boolean>;
	running: Known<boolean>;
}

/** How a program that was started ended. */
export type RunOutcome =
	| { ended: "exited"; returnCode: number; seconds: number }
	| { ended: "timed-out"; seconds: number }
	/** Ctrl-C */
	| { ended: "cancelled"; seconds: number }
	| { ended: "not-started"; why: string };

/** Whether a TCP port of the loopback can be bound now. */
export type PortState = "free" | "in-use" | "excluded";

/** What the client's installer says of itself. */
export interface Signature {
	status: "valid" | "unsigned" | "broken" | "untrusted";
	signer: string | null;
}

/** Who has a profile here? */
export interface ProfilesPort {
	currentUser(): Promise<LocalUser>;
	users(): Promise<Known<LocalUser[]>>;
}

/** What is installed for this user? */
export interface ClientPort {
	look(user: LocalUser, profile: ClientProfile): Promise<ClientState>;
	/** Whether the program's file is there, and nothing else: for who asks of hundreds of users. */
	isInstalled(user: LocalUser, profile: ClientProfile): Known<boolean>;
	/** Stores another client ID where the client keeps it. @throws CfmError denied, unavailable */
	setClientId(user: LocalUser, profile: ClientProfile, id: number): Promise<void>;
	/** Everything on this machine that looks like the client, wherever the profile says it should be. */
	detect(user: LocalUser, profile: ClientProfile): Promise<Known<Observation[]>>;
	/** The full path of the uninstaller that the profile names. */
	uninstaller(user: LocalUser, profile: ClientProfile): string;
}

/** One thing seen of a client, against what the client profile says of it. */
export interface Observation {
	/** The key of the client profile it is about. */
	about: "installFolder" | "executable" | "uninstaller" | "clientId" | "uninstallKey";
	expected: string;
	seen: string;
}

/** Is this port free? */
export interface LoopbackPort {
	state(port: number): Promise<Known<PortState>>;
	/** Whether somebody accepts a connection. */
	answers(port: number): Promise<Known<boolean>>;
}

/** Starts programs in this session; other sessions and other servers are another adapter of the same port. */
export interface RunPort {
	/** @param options.timeout milliseconds; undefined waits for ever */
	run(file: string, words: readonly string[], options: { timeout: number | undefined }): Promise<RunOutcome>;
}

/** Checks an installer before it is run. */
export interface InstallerPort {
	/**
	 * Copies the installer where nobody else can change it and hashes the copy: what was checked is what is run.
	 *
	 * @throws CfmError not-found `installer-not-found`; usage `installer-not-a-file`; unavailable
	 */
	take(file: string): Promise<TakenInstaller>;
	signature(file: string): Promise<Known<Signature>>;
	/** Whether a user without administrators' rights could have put the file there, or changed it. */
	openToOthers(file: string): Promise<Known<boolean>>;
}

export interface TakenInstaller {
	/** The private copy. */
	file: string;
	sha256: string;
	/** Removes the copy. */
	discard(): void;
}

/** Everything a machine is asked while a client is installed. */
export interface Machine {
	name: string;
	/** Whether `cfm` runs with administrators' rights. */
	elevated: Known<boolean>;
	profiles: ProfilesPort;
	client: ClientPort;
	loopback: LoopbackPort;
	runner: RunPort;
	installer: InstallerPort;
}
