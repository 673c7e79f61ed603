import type { Fingerprint } from "../../client/machine.js";
import type { Known } from "../../known.js";
import type { EpfFolder } from "../../surroundings/surroundings.js";
import type { ClientFacts, ClientPlaces } from "../client-files/client-files.js";
import { fields, flag, knownAs, numberUpTo, orNull, text } from "../isolation/shape.js";
import type { Asked } from "../user-files/user-folders.js";

/** What a process is asked of the client of one user, whose home it is. */
export type ClientRequest =
	| { ask: "client"; home: string; places: ClientPlaces }
	| { ask: "client-file" | "client-path" | "client-fingerprint"; home: string; path: string }
	/** Whether it may be written in is asked of its owner's hand. */
	| { ask: "client-folder"; home: string; path: string; user: Asked }
	/** Whether one of the roots that a user trusts has this name, on Windows; `hive` is their SID, or `current`. */
	| { ask: "client-root"; home: string; hive: string; name: string }
	/** By the hand of its owner; no text: it is removed. */
	| { ask: "client-write"; home: string; path: string; text: string | null };

/** Whether it is asked of a client, and not of a browser. */
export function isOfClient(request: unknown): request is ClientRequest {
	return /^client(-|$)/.test(String((request as { ask?: unknown }).ask));
}

/** 256 folders deep, of the longest names. */
const path = text(70_000);

/** What a process tells of a client; where its program really is decides whether it runs. */
export interface FarFacts extends ClientFacts {
	program: Known<string | null>;
}

export const factsShape = fields<FarFacts>({
	installed: knownAs(flag),
	program: knownAs(orNull(path)),
	clientId: knownAs(orNull(numberUpTo(9_999_999_999))),
	entry: knownAs(orNull(fields<{ version: string | null }>({ version: orNull(text(256)) }))),
});
export const yesOrNoShape = knownAs(flag);
export const pathShape = knownAs(orNull(path));
export const fingerprintShape = knownAs(orNull(fields<Fingerprint>({ sha256: text(64), changedAt: text(40) })));
export const folderShape = knownAs(fields<EpfFolder>({ path, there: flag, writable: knownAs(flag) }));
