import type { Principal } from "../account/principal.js";
import type { AccountState } from "../account/state.js";
import type { Certificates } from "../certificate/certificates.js";
import type { Fetch } from "../certificate/fetch.js";
import type { Stores } from "../certificate/stores.js";
import type { Machine, WorkFolder } from "../client/machine.js";
import type { ClientProfile } from "../client/profile.js";
import type { SignedMessages } from "../cms/signed-data.js";
import type { Known } from "../known.js";
import type { Letters } from "../notice/message.js";
import type { Asker } from "../operator/asker.js";
import type { Pdfs } from "../pdf/pdfs.js";
import type { Network } from "../port/network.js";
import type { OpenOptions, RegistryProvider, Secrets } from "../registry/provider.js";
import type { Registry } from "../registry/registry.js";
import type { Scheduler } from "../schedule/task.js";
import type { SeenWindows } from "../self/check.js";
import type { SeenProgram } from "../self/program.js";
import type { Updates } from "../self/update.js";
import type { Surroundings } from "../surroundings/surroundings.js";
import type { TokenLimits, Tokens } from "../token/token.js";
import type { Browsers, ReadLimits } from "../webid/browsers.js";
import type { ExtensionKey } from "../webid/policy.js";

/** Everything that one machine can be asked, each built when it is first used. Tests hand in another one. */
export interface Host {
	readonly platform: NodeJS.Platform;
	/** The name under which installations on this machine are recorded. */
	name(): string;
	/** The account that runs `cfm`, as the event log names it. @param variables those the command was given */
	account(variables: Readonly<NodeJS.ProcessEnv>): Promise<string>;
	/** The account that runs `cfm`, and what it may: rights hang on it. */
	asker(): Promise<Asker>;
	/** The accounts of SIDs, `DOMAIN\\name`, of those that Windows knows; elsewhere nobody does. */
	accountNames(sids: readonly string[]): Promise<Known<ReadonlyMap<string, string>>>;
	/** Which of these names surely are accounts of the machine or its domain; of the others nothing is known. */
	existingAccounts(names: readonly string[]): Promise<ReadonlySet<string>>;
	/**
	 * The account or group of this name, or with this SID, as this system and its domain know it; undefined: they surely do not.
	 *
	 * @param kind which of them, where both have the name; the account otherwise
	 */
	principal(name: string, kind?: Principal["kind"]): Promise<Known<Principal | undefined>>;
	/** What became of accounts, as they are registered. */
	accountStates(names: readonly string[]): Promise<ReadonlyMap<string, AccountState>>;
	now(): Date;
	/** Lets time pass. */
	pause(milliseconds: number): Promise<unknown>;
	machine(): Promise<Machine>;
	/** What the network says of ports. */
	network(): Promise<Network>;
	/** The users' browsers: profiles, stores, and the backups of what was written to them, which are kept below `home`. */
	browsers(home: string, limits: ReadLimits): Promise<Browsers>;
	/** What of this Windows `cfm self check` looks at. @throws CfmError unavailable `not-windows` */
	windows(around: AroundLooks): Promise<SeenWindows>;
	/** The files of `cfm` itself, held against the list that came with them. */
	program(): Promise<SeenProgram>;
	/** What exchanges them for those of another version. */
	updates(): Promise<Updates>;
	/** What surrounds users and clients here. @param variables the process environment of the command */
	surroundings(variables: Readonly<NodeJS.ProcessEnv>): Promise<Surroundings>;
	/** What judges certificates, in a process of its own. */
	certificates(): Promise<Certificates>;
	/** What reads signed messages and timestamps, in a process of its own. */
	signedMessages(): Promise<SignedMessages>;
	/** What reads PDF files, in a process of its own. */
	pdfs(): Promise<Pdfs>;
	/** The certificates that this machine keeps and believes. */
	stores(): Promise<Stores>;
	/** What asks over HTTP. @param variables the process environment of the command */
	fetcher(variables: Readonly<NodeJS.ProcessEnv>): Promise<Fetch>;
	/** The signing tokens here. @param variables the process environment of the command */
	tokens(limits: TokenLimits, variables: Readonly<NodeJS.ProcessEnv>): Promise<Tokens>;
	/** The bytes of a file that nobody else may read. @throws CfmError denied `open-to-others`, and as any file */
	readSecret(file: string): Promise<Buffer>;
	/**
	 * A new folder that nobody else can enter, or change what is in it.
	 *
	 * @throws CfmError denied `open-to-others` when there is no place for one
	 */
	workFolder(): Promise<WorkFolder>;
	/** Writes an entry into the event log of Windows; elsewhere there is none. @throws when Windows refuses */
	reportEvent?(text: string): Promise<void>;
	/** A mail as a file that mail programs open, not sent. */
	draftMail(draft: Draft): Promise<string>;
	/** What starts programs on this machine by itself. */
	scheduler(): Promise<Scheduler>;
	/** A calendar as a file (.ics). */
	calendarFile(calendar: Calendar): Promise<string>;
	/** What is written to people in a language that was built, whichever the run speaks. */
	letters(language: string): Promise<Letters>;
	/** Sends one mail to one mailbox. Never throws: what became of it is the answer. */
	sendMail(mail: OutgoingMail, server: MailServer): Promise<MailOutcome>;
	/** Keeps a log. @returns its path; undefined when it could be written nowhere */
	keepLog(kind: "fault" | "install", text: string, now: Date): Promise<string | undefined>;
	/** The logs that are kept, the newest first, each to its last 256 KB. */
	keptLogs(): Promise<Known<KeptLog[]>>;
	/** Writes what an administrator asked for; each appears whole or not at all. */
	readonly files: OutFiles;
	/** @param options.readonly for commands that only look: works for a user who may not write, too */
	openRegistry(location: string, options: OpenOptions): Promise<Registry>;
	/** Makes, updates, copies and replaces registries of the kind of the one that is there. */
	registries(location: string, secrets: Secrets): Promise<RegistryProvider>;
}

/** A calendar of instants. */
export interface Calendar {
	name: string;
	/** When it was made, and a number that only rises: of two files the newer one counts. */
	stamp: Date;
	sequence: number;
	entries: {
		/** The same in every file; safe as it is. */
		uid: string;
		at: Date;
		summary: string;
		description: string;
	}[];
}

/** A mail that nobody has sent yet. */
export interface Draft {
	/** One mailbox; undefined: whoever opens the draft fills it in. */
	to: string | undefined;
	subject: string;
	text: string;
	html: string;
	date: Date;
}

/** A mail that is to be sent, under a name that it keeps however often it goes. */
export interface OutgoingMail extends Omit<Draft, "to"> {
	from: string;
	/** Exactly one mailbox. */
	to: string;
	/** Without the angle brackets. */
	messageId: string;
}

/** A server that takes mail. */
export interface MailServer {
	host: string;
	port: number;
	/** `starttls`: it must offer it; `tls`: from the first byte; `none`: never with a login. */
	tls: "starttls" | "tls" | "none";
	login: { user: string; password: string } | undefined;
	/** The time limit of each step; all of them together may take four times as long. */
	milliseconds: number;
	/** PEM of the authorities that are believed instead of those that Node believes. */
	authorities: string | undefined;
}

/**
 * What became of a mail. `maybe`: the server had all of it and did not answer, so that it may go. A code of 4 is for a time, one
 * of 5 for good.
 */
export type MailOutcome =
	| { is: "sent" }
	| {
			is: "refused" | "login" | "certificate" | "unreachable" | "timeout" | "maybe";
			why: string;
			code: number | null;
	  };

/** What looks at a Windows need of everything else. */
export interface AroundLooks {
	/** The folder of `cfm`. */
	home: string;
	profile(): ClientProfile;
	browsers(): Promise<Browsers>;
}

/** A log that cfm kept earlier. */
export interface KeptLog {
	name: string;
	text: string;
}

/** Files that an administrator asks for. */
export interface OutFiles {
	/** @returns its full path */
	write(file: string, pieces: AsyncIterable<string | Uint8Array>, options: { force: boolean }): Promise<string>;
	/** @returns its full path */
	writeFolder(folder: string, files: readonly OutFile[], options: { force: boolean }): Promise<string>;
	/** Writes files into one ZIP file. @param options.at the time that they bear @returns its full path */
	writeZip(file: string, files: readonly OutFile[], options: { force: boolean; at: Date }): Promise<string>;
	/** Opens a log that lines are added to, for its owner alone; each says whether it was written. @throws CfmError denied `file-not-writable`, `open-to-others` */
	appendTo(file: string): Promise<(text: string) => boolean>;
	/** The key a browser extension is signed with, or a new one. */
	extensionKey(file: string | undefined): Promise<ExtensionKey & { pem: string | null }>;
}

/** One file of a folder that is written. */
export interface OutFile {
	/** Below the folder, with `/`. */
	file: string;
	content: string;
	encoding: "utf8" | "utf16";
}
