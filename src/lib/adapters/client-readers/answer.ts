import { type Known, known, unknown } from "../../known.js";
import { askFor, farHand } from "../browsers/far.js";
import { factsOf } from "../client-files/client-files.js";
import type { Call } from "../isolation/serve.js";
import { longestWhy } from "../isolation/shape.js";
import { lendHand } from "../user-files/hand.js";
import { type ToldError, toldOf } from "../user-files/told-error.js";
import { faultText } from "../user-files/unfit.js";
import { folderAt } from "../user-files/user-folders.js";
import { fileThere, fingerprintAt, programAt, realAt, removeAt, startOf, writeAt } from "../user-files/user-home.js";
import type { ClientRequest } from "./requests.js";

/** Whether one of the roots that a user trusts has a name, as the Windows Registry has it below `hive`. */
export type TrustsRoot = (hive: string, name: string) => Promise<Known<boolean>>;

/** Answers what a process is asked of a user's client. */
export async function answerOfClient(request: ClientRequest, call: Call, trustsRoot: TrustsRoot): Promise<unknown> {
	const { home } = request;
	try {
		switch (request.ask) {
			case "client": {
				const { places } = request;
				const { installed, clientId, entry } = factsOf(home, places);
				const program = programAt(home, places.program);
				return { installed: brief(installed), clientId: brief(clientId), entry: brief(entry), program: brief(program) };
			}
			case "client-file":
				return brief(fileThere(home, request.path));
			case "client-path":
				return brief(realAt(home, request.path));
			case "client-fingerprint":
				return brief(await fingerprintAt(home, request.path));
			case "client-folder":
				return byHand(request, call, () => {
					const folder = brief(folderAt(home, request.path, request.user));
					return folder.known ? known({ ...folder.value, writable: brief(folder.value.writable) }) : folder;
				});
			case "client-root":
				return brief(await trustsRoot(request.hive, request.name));
			case "client-write":
				return change(request, call);
		}
	} catch (error) {
		const none = brief(unknown(faultText(error)));
		return request.ask === "client" ? { installed: none, clientId: none, entry: none, program: none } : none;
	}
}

/** A user's own folders are in a reason, and may have the longest names. */
function brief<T>(one: Known<T>): Known<T> {
	return one.known ? one : unknown(one.why.slice(0, longestWhy));
}

/** Works out where a text goes, and has the hand of its owner carry it there. */
function change(request: ClientRequest & { ask: "client-write" }, call: Call): { error: ToldError | null } {
	const { home, path, text } = request;
	try {
		byHand(request, call, () => (text === null ? removeAt(home, path) : writeAt(home, path, text)));
		return { error: null };
	} catch (error) {
		return { error: toldOf(error) };
	}
}

/** Works with the hand of whose home it is lent. */
function byHand<T>({ home, path }: { home: string; path: string }, call: Call, work: () => T): T {
	const start = startOf(home, path);
	lendHand(farHand(askFor(call, { within: start, path: start })));
	try {
		return work();
	} finally {
		lendHand(undefined);
	}
}
