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
	/** On Windows: the user is not logged on, so what their own registry says can't be determined. */
	notLoggedOn?: true;
}

/** What a file is, told by its content; everything but `program` is not started. */
export type ProgramKind =
	| "program"
	/** A package of Windows Installer. */
	| "msi"
	| "zip"
	/** Packed otherwise. */
	| "archive"
	/** Something for cmd.exe, PowerShell or another interpreter. */
	| "script"
	/** A page of the web, as a proxy or a portal gives in place of a file. */
	| "html"
	| "text"
	| "empty"
	/** The end of the program is missing. */
	| "cut"
	/** A program library (DLL). */
	| "library"
	| "dos"
	/** A 32-bit program, which this Windows does not run. */
	| "32-bit"
	/** A program for another processor. */
	| "other-processor"
	| "windows-program"
	| "linux-program"
	| "unknown";

/** A process of this machine. What this account may not know is null. */
export interface RunningProcess {
	pid: number;
	/** Who started it. */
	parent: number;
	/** The full path of its program. */
	image: string | null;
	/** When it was started, ISO 8601 UTC. */
	since: string | null;
	/** Its account's SID; on Linux the UID. */
	sid: string | null;
}

/** What a program has started, with all that those have started, but for the client. */
export interface Family {
	/** Whether any of it still runs. */
	runs(): Promise<Known<boolean>>;
	/** Ends all of it. */
	end(): Promise<void>;
}

/** How a program that was started ended. */
export type RunOutcome =
	| { ended: "exited"; returnCode: number; seconds: number; family?: Family }
	| { ended: "timed-out"; seconds: number }
	/** Ctrl-C */
	| { ended: "cancelled"; seconds: number }
	| NotStarted;

/** Why a program was not started; `why` is the system's name of the error. */
export type NotStarted = { ended: "not-started"; why: string } & (
	| { because: "not-a-program"; kind: ProgramKind }
	/** `gone`: it is not there. `held`: another program has it. `blocked`: a policy or a virus scanner refused. */
	| { because: "gone" | "held" | "denied" | "blocked" | "failed" }
);

/** Whether a TCP port of the loopback can be bound now. */
export type PortState = "free" | "in-use" | "excluded";

/** What the client's installer says of itself. */
export interface Signature {
	status: "valid" | "unsigned" | "broken" | "untrusted";
	signer: string | null;
	/** The subjects from the signer up to the root, as far as they are known. */
	chain?: readonly string[];
	/** Who confirmed the time of the signature; null when nobody did. */
	countersigner?: string | null;
	/** The time that was confirmed, ISO 8601 UTC. */
	signedAt?: string | null;
}

/** Who has a profile here? */
export interface UserProfiles {
	currentUser(): Promise<LocalUser>;
	users(): Promise<Known<LocalUser[]>>;
}

/** What is installed for this user? */
export interface ClientPrograms {
	look(user: LocalUser, profile: ClientProfile): Promise<ClientState>;
	/** Whether the program's file is there, and nothing else: when hundreds are asked about of users. */
	isInstalled(user: LocalUser, profile: ClientProfile): Promise<Known<boolean>>;
	/** Stores another client ID where the client keeps it. @throws CfmError denied, unavailable */
	setClientId(user: LocalUser, profile: ClientProfile, id: number): Promise<void>;
	/** Everything on this machine that looks like the client, wherever the profile says it should be. */
	detect(user: LocalUser, profile: ClientProfile): Promise<Known<Observation[]>>;
	/**
	 * Where a client was installed for the whole machine, which its vendor does not support: it has the common port for
	 * everybody. Null when nowhere.
	 */
	shared?(profile: ClientProfile): Known<string | null>;
	/** The full path of the uninstaller that the profile names. */
	uninstaller(user: LocalUser, profile: ClientProfile): string;
	/** What runs from the client's folder, of the user's own account. */
	processes(user: LocalUser, profile: ClientProfile): Promise<Known<RunningProcess[]>>;
	/** The full path of the client's program. */
	program(user: LocalUser, profile: ClientProfile): string;
	/** The program's file as it is now; null when it is not there. */
	fingerprint(user: LocalUser, profile: ClientProfile): Promise<Known<Fingerprint | null>>;
	/** What is there of the regular edition; null when the client profile does not say where it would be. */
	regular(user: LocalUser, profile: ClientProfile): Promise<Known<RegularEdition | null>>;
	/** Whether the client's root certificate is in the user's own store; null when this system has no such store. */
	hasRootCertificate(user: LocalUser, profile: ClientProfile): Promise<Known<boolean | null>>;
	/** Removes the traces of a client whose program is gone: its uninstall entry and its ID. @throws CfmError unavailable */
	forget(user: LocalUser, profile: ClientProfile): Promise<void>;
}

/** What is in a user's profile of the regular edition, each with its full path; null where it is not there. */
export interface RegularEdition {
	program: string | null;
	/** Starts it when the user logs on. */
	startupEntry: string | null;
}

/** What tells one program's file from another. */
export interface Fingerprint {
	sha256: string;
	/** ISO 8601 UTC. */
	changedAt: string;
}

/** One thing seen of a client, against what the client profile says of it. */
export interface Observation {
	/** The key of the client profile it is about. */
	about: "installFolder" | "executable" | "uninstaller" | "clientId" | "uninstallKey";
	expected: string;
	seen: string;
}

/** Is this port free? */
export interface Loopback {
	state(port: number): Promise<Known<PortState>>;
	/** Whether somebody accepts a connection. */
	answers(port: number): Promise<Known<boolean>>;
}

export interface RunOptions {
	timeout: number | undefined;
	spare?: string | undefined;
}

/** Starts programs in this session; other sessions and other servers are another adapter of the same interface. */
export interface ProgramStarter {
	/**
	 * @param options.timeout milliseconds; undefined waits for ever
	 * @param options.spare a folder whose programs are never ended: the client's
	 */
	run(file: string, words: readonly string[], options: RunOptions): Promise<RunOutcome>;
}

/** A folder that only this account can enter. */
export interface WorkFolder {
	path: string;
	/** Removes it. @param options.later not now, since a program in it still runs: the next one to come does it */
	discard(options?: { later?: boolean }): void;
}

/** Checks an installer before it is run. */
export interface Installers {
	/**
	 * Copies the installer where nobody else can change it and hashes the copy: what was checked is what is run.
	 *
	 * @param folder a new one of our own
	 * @throws CfmError not-found `installer-not-found`; usage `installer-not-a-file`; denied `installer-not-readable`;
	 *   busy `installer-in-use`; unavailable `disk-full`
	 */
	take(file: string, folder: string): Promise<TakenInstaller>;
	signature(file: string): Promise<Known<Signature>>;
	/** Whether a user without administrators' rights could have put the file there, or changed it. */
	openToOthers(file: string): Promise<Known<boolean>>;
}

export interface TakenInstaller {
	/** The private copy. */
	file: string;
	sha256: string;
	kind: ProgramKind;
}

/** What runs on this machine? */
export interface Processes {
	list(): Promise<Known<RunningProcess[]>>;
	/** Those that listen on a port. */
	listening(port: number): Promise<Known<number[]>>;
	/** Ends a process at once. */
	end(pid: number): void;
}

/** Everything a machine is asked while a client is installed. */
export interface Machine {
	name: string;
	/** What it is called in messages. */
	system: "Windows" | "Linux";
	/** Whether `cfm` runs with administrators' rights. */
	elevated: Known<boolean>;
	profiles: UserProfiles;
	client: ClientPrograms;
	loopback: Loopback;
	runner: ProgramStarter;
	processes: Processes;
	installer: Installers;
	/**
	 * Keeps others that run `cfm` from doing the same at the same time, as long as this process lives.
	 *
	 * @returns what lets them; undefined when another one does it now
	 */
	hold(name: string): Promise<(() => void) | undefined>;
}
