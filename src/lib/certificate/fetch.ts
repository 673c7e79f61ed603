/** Something that is asked for over HTTP: an OCSP answer, a list of revocation, a certificate, a timestamp. */
export interface FetchRequest {
	url: string;
	/** It is posted with this; without it, got. */
	body?: { content: Buffer; type: string };
	/** Beside those that every request has. */
	headers?: Readonly<Record<string, string>>;
	/** Goes where it is told and nowhere else: a redirection is an error of HTTP. */
	straight?: boolean;
	/** The most that an answer may have, in bytes. */
	mostBytes: number;
	/** The most that it may take, in milliseconds. */
	milliseconds: number;
}

/**
 * How an answer failed to come. `refused`: nothing listens there; `unreachable`: no way or no such name; `endless`: more came
 * than an answer may have; `cut`: it ended in the middle; `not-asked`: it is no address of HTTP.
 */
export const fetchFailures = ["timeout", "refused", "unreachable", "endless", "cut", "not-asked"] as const;

/** What came of it. That a server answers says nothing yet of what it answers. */
export type Fetched =
	| { is: "answer"; body: Buffer; type: string; date: string | null }
	| { is: "http-error"; status: number; body: Buffer; date: string | null }
	| { is: (typeof fetchFailures)[number]; why: string };

/** Asks over HTTP, within limits of time and size. Never throws. */
export type Fetch = (request: FetchRequest) => Promise<Fetched>;
