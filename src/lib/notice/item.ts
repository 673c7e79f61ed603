import type { Cause } from "../service/service.js";

/** What a notice is about. */
export const subjects = [
	"codes",
	"subscription",
	"certificate",
	"revoked",
	"access",
	"allowance",
	"service",
	"quarantine",
	"finding",
	"test",
] as const;

/** How near an end is: `soon`, in its last day (`near`), or past (`over`). Escalation goes by it. */
export const urgencies = ["soon", "near", "over"] as const;

/** What is told of it, as data: rendered when it is sent. */
export interface NoticeFacts {
	what: (typeof subjects)[number];
	urgency: (typeof urgencies)[number];
	/** Whom or what: a user, an alias, an ID with its user, the title of a finding. May be anything. */
	name: string;
	/** What else is to be said of it, in the language of whoever claimed it; may be anything. */
	detail: string | null;
	/** Of a service: why it is suspended. */
	cause?: Cause;
	/** Of a finding: its ID, and where it was found. */
	finding?: string;
	machine?: string;
	/** The instant of the deadline, ISO 8601 UTC; null where there is none. */
	due: string | null;
	/** The zone in which that is told. */
	zone: string;
	/** Whole days until then, rounded down, when it was claimed; null where there is none. */
	daysLeft: number | null;
	/** Of an allowance: how much is used. */
	used: number | null;
	allowance: number | null;
}

/** Something that somebody is to be told. */
export interface Item {
	/** Names it with its generation: what replaces it is another item. */
	item: string;
	/** The worst threshold that was passed, and its rank: of several that were passed only this one is told. */
	stage: string;
	rank: number;
	/** Told each day, not once. */
	daily: boolean;
	/** It does not wait for the recipient's hour. */
	urgent: boolean;
	/** The user whose it is; null: nobody's, and issuers are told. */
	owner: string | null;
	facts: NoticeFacts;
}
