/**
 * What somebody is to be told, and the mails that tell it. None of it is a change that the event log tells of: it is how two
 * machines that look every minute tell everything, and nothing twice.
 *
 * A claim is unique by item, stage, recipient and occasion, and no item has two on one day of its recipient. A mail takes
 * all claims of a recipient that no mail has yet, under a name (its Message-ID) that is stored before anything is sent, and
 * a lease, which must outlast the sending. Whoever dies leaves a lease that runs out: the same claims go again under the
 * same name.
 */
export interface Claim {
	/** What it is about, with its generation: `access/12/3`. */
	item: string;
	/** How far it has come: a threshold that was passed. */
	stage: string;
	/** How and to whom: `mail:ana@example.com`, `file`, `webhook`, `event-log`. */
	recipient: string;
	/** The recipient's day for what is told daily, empty for what is told once. */
	occasion: string;
	/** The recipient's day. */
	day: string;
	/** ISO 8601 UTC. */
	at: string;
	/** It does not wait for the recipient's hour. */
	urgent: boolean;
	/** What is told, as data. */
	facts: object;
}

/** A claim as it is kept, and the mail that took it. */
export interface KeptClaim extends Claim {
	/** The Message-ID; null when none took it yet. */
	mail: string | null;
	/** When that was sent, ISO 8601 UTC; null when it was not, or nobody knows. */
	sent: string | null;
	/** How often that was tried, and why it failed the last time. */
	tries: number;
	failure: string | null;
}

/** A mail that somebody has the lease of. */
export interface TakenMail {
	messageId: string;
	recipient: string;
	/** When it was made, ISO 8601 UTC: its Date, whenever it goes. */
	made: string;
	/** Counts from 1. */
	tries: number;
	claims: Claim[];
}

export interface TakeMail {
	recipient: string;
	/** Only what does not wait for the recipient's hour. */
	urgentOnly: boolean;
	/** Tells this lease from every other. */
	holder: string;
	/** ISO 8601 UTC. */
	now: string;
	/** When the lease runs out; and beyond `latest` no lease can be meant: the clock was ahead when it was given. */
	until: string;
	latest: string;
	/** What a new mail is to be called. */
	messageId: string;
}

/** What became of a mail that was taken. */
export interface SettledMail {
	messageId: string;
	holder: string;
	/** When it was sent, ISO 8601 UTC; null when it was not. */
	sent: string | null;
	failure: string | null;
	/** When it may be tried again, ISO 8601 UTC. */
	until: string;
}

/** When a machine last did what is done from time to time. */
export interface KeptRun {
	job: string;
	machine: string;
	/** ISO 8601 UTC. */
	at: string;
}

/** What is kept of notices, narrowed. */
export interface ClaimQuery {
	items?: readonly string[] | undefined;
	/** Only what was not sent yet. */
	unsent?: boolean | undefined;
	/** Not older, ISO 8601 UTC. */
	since?: string | undefined;
	limit?: number | undefined;
}

/** What a registry does with notices; each is one durable transaction. */
export interface Outbox {
	/** Keeps what is not kept yet; what is there already stays as it is. @returns how many are new */
	claim(claims: readonly Claim[]): Promise<number>;
	/**
	 * Takes a mail whose lease ran out, or makes one of the claims that none has.
	 *
	 * @returns undefined when there is nothing to send
	 */
	take(asked: TakeMail): Promise<TakenMail | undefined>;
	/** @returns whether the lease was still the holder's; without it nothing is changed */
	settle(outcome: SettledMail): Promise<boolean>;
	/** Keeps that a job was done. */
	ran(run: KeptRun): Promise<void>;
}

/** What can be looked up of notices. */
export interface OutboxView {
	claims(query: ClaimQuery): Promise<KeptClaim[]>;
	/** The recipients for whom something waits: a claim without a mail, or a mail that was not sent and has no lease. */
	waiting(asked: { now: string; latest: string; urgentOnly: boolean }): Promise<string[]>;
	runs(): Promise<KeptRun[]>;
}
