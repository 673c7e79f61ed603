import type { LocalUser } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { AskedHand } from "../browsers/asked-hand.js";
import { editCallShape } from "../browsers/calls.js";
import type { ClientFiles } from "../client-files/client-files.js";
import type { Owner } from "../isolation/become.js";
import type { Cage } from "../isolation/cage.js";
import { NoAnswer, ReaderPool, type ReaderSource } from "../isolation/pool.js";
import { fields, orNull, type Shape } from "../isolation/shape.js";
import { errorOf, type ToldError, toldErrorShape, toldOf } from "../user-files/told-error.js";
import { Unfit } from "../user-files/unfit.js";
import { startOf } from "../user-files/user-home.js";
import { type ClientRequest, factsShape, fingerprintShape, folderShape, pathShape, yesOrNoShape } from "./requests.js";

/** What the files of one client, and of one user's, may take. A program of a gigabyte is hashed in less. */
const limits = { milliseconds: 10_000, userMilliseconds: 60_000, bytes: 1_000_000 } as const;

const writtenShape = fields<{ error: ToldError | null }>({ error: orNull(toldErrorShape) });

/** How processes are started, and what this one asks of the machine itself. */
export interface ClientSource extends ReaderSource {
	waysToWrite(owner: Owner | null): Cage[];
	/** Whether a program runs, by its real path; of a user who could run it. */
	isRunning(program: string, user: LocalUser): Known<boolean> | Promise<Known<boolean>>;
}

/** What is asked of users' clients in other processes. */
export interface FarClients extends ClientFiles {
	/** Whether a user trusts a root of this name, on Windows. @param hive their SID, or `current` */
	trustsRoot(user: LocalUser, hive: string, name: string): Promise<Known<boolean>>;
}

/**
 * The files of users' clients, looked at in a process that can read everything and write nothing, and written by one that
 * has the rights of their owner: for whoever has an administrator's rights. Whatever becomes of such a process, it is the
 * answer about that one user.
 */
export function isolatedClientFiles(source: ClientSource): FarClients {
	const pool = new ReaderPool(source, limits);
	const { start } = source;
	const startHand = (owner: Owner | null) => new ReaderPool({ ways: source.waysToWrite(owner), start }, limits);
	const ask = async <T>(user: LocalUser, request: ClientRequest, shape: Shape<T>): Promise<T> =>
		pool.ask(user.account, request, shape);
	/** What can't be determined is known to nobody. */
	const told = async <T>(answer: Promise<Known<T>>): Promise<Known<T>> => {
		try {
			return await answer;
		} catch (error) {
			return unknown(whyNone(error));
		}
	};
	/** Asks what a hand of the user's is needed for. */
	const askByHand = async <T>(
		user: LocalUser,
		request: ClientRequest & { path: string },
		shape: Shape<T>,
	): Promise<T> => {
		const from = startOf(request.home, request.path);
		const hand = new AskedHand(startHand, { within: from, path: from });
		const callee = async (what: unknown, bytes: Buffer) => {
			try {
				const { owner, call } = editCallShape(what);
				if (!("hand" in call)) throw new Unfit("denied", t`${request.path} is written, and nothing else.`);
				refuseOtherOwner(user, owner, from);
				return { answer: await hand.ask(call, bytes, owner) };
			} catch (error) {
				return { answer: { text: null, error: toldOf(error) } };
			}
		};
		try {
			return await pool.ask(user.account, request, shape, { callee });
		} finally {
			hand.end();
		}
	};
	const change = async (user: LocalUser, path: string, text: string | null): Promise<void> => {
		const request = { ask: "client-write", home: user.profileFolder, path, text } as const;
		const { error } = await askByHand(user, request, writtenShape);
		if (error !== null) throw errorOf(error);
	};
	return {
		async look(user, places) {
			try {
				const request: ClientRequest = { ask: "client", home: user.profileFolder, places };
				const { program, ...facts } = await ask(user, request, factsShape);
				return { ...facts, running: await runs(program, user) };
			} catch (error) {
				const none = unknown(whyNone(error));
				return { installed: none, clientId: none, entry: none, running: none };
			}
		},
		there: (user, path) => told(ask(user, { ask: "client-file", home: user.profileFolder, path }, yesOrNoShape)),
		real: (user, path) => told(ask(user, { ask: "client-path", home: user.profileFolder, path }, pathShape)),
		fingerprint: (user, path) =>
			told(ask(user, { ask: "client-fingerprint", home: user.profileFolder, path }, fingerprintShape)),
		folder(user, path) {
			const { account, isCurrent, profileFolder: home } = user;
			const request = { ask: "client-folder", home, path, user: { account, isCurrent } } as const;
			return told(askByHand(user, request, folderShape));
		},
		trustsRoot: (user, hive, name) =>
			told(ask(user, { ask: "client-root", home: user.profileFolder, hive, name }, yesOrNoShape)),
		write: change,
		remove: (user, path) => change(user, path, null),
	};

	async function runs(program: Known<string | null>, user: LocalUser): Promise<Known<boolean>> {
		if (!program.known) return program;
		return program.value === null ? known(false) : source.isRunning(program.value, user);
	}
}

/**
 * Whoever looked says whose the folder is, and could have been taken over by what it read: nobody's hand is lent to a user
 * but their own. Root's own client may be in a home that belongs to somebody else.
 *
 * @throws Unfit denied
 */
function refuseOtherOwner({ account, sid }: LocalUser, owner: Owner | null, folder: string): void {
	if (owner === null || sid === "0" || owner.uid === Number(sid)) return;
	throw new Unfit("denied", t`${folder} does not belong to ${account}.`);
}

/** @throws what is no answer's */
function whyNone(error: unknown): string {
	if (!(error instanceof NoAnswer)) throw error;
	switch (error.overrun) {
		case "time":
		case "user-time":
			return t`reading it takes too long`;
		case "memory":
			return t`reading it takes too much memory`;
		case "answer":
			return t`what is in it is too long`;
		case "crash":
			return t`the process that read it ended unexpectedly (${error.detail})`;
		case "odd":
			return t`the process that read it gave an answer that makes no sense`;
		case "start":
			return t`the process that reads users' files can't be started (${error.detail})`;
	}
}
