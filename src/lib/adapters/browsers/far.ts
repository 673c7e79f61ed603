import type { Call } from "../isolation/serve.js";
import type { Hand } from "../user-files/hand.js";
import type { KeepFolder } from "../user-files/keep-folder.js";
import type { EditImage } from "../user-files/live-store.js";
import { errorOf } from "../user-files/told-error.js";
import { UserFolder } from "../user-files/user-folder.js";
import type { ChangedPlace, Done, EditCall, FarFolder } from "./calls.js";
import { Kept, type ToKeep } from "./kept.js";

// What a process that may change nothing has in place of its own hands: whoever started it asks others.

/** Asks for one thing. @throws what whoever does it told */
type Ask = (call: EditCall["call"], bytes?: Buffer) => { text: string; bytes: Buffer };

/** @param place what is changed */
export function askFor(call: Call, place: ChangedPlace): Ask {
	let owner: EditCall["owner"] | undefined;
	return (what, bytes) => {
		owner ??= ownerOf(place);
		const told = call({ owner, call: what } satisfies EditCall, bytes);
		const { text, error } = told.answer as Done;
		if (error !== null) throw errorOf(error);
		return { text: text ?? "", bytes: told.bytes };
	};
}

/** null where nobody says whose a folder is. */
function ownerOf({ within, path }: ChangedPlace): EditCall["owner"] {
	if (process.platform === "win32") return null;
	const folder = UserFolder.openBelow(within, path);
	try {
		return folder === undefined ? null : { uid: folder.identity.uid, gid: folder.identity.gid };
	} finally {
		folder?.close();
	}
}

const far = ({ path, identity }: UserFolder): FarFolder => ({ path, dev: identity.dev, ino: identity.ino });

export function farHand(ask: Ask): Hand {
	return {
		write: (folder, bytes, { uid, gid, mode }) =>
			ask({ hand: "write", folder: far(folder), like: { uid, gid, mode } }, bytes).text,
		add: (folder, name, bytes, { uid, gid, mode }) =>
			void ask({ hand: "add", folder: far(folder), name, like: { uid, gid, mode } }, bytes),
		makeFolder: (folder, name) => void ask({ hand: "makeFolder", folder: far(folder), name }),
		rename: (folder, from, to, other) => void ask({ hand: "rename", folder: far(folder), from, other: far(other), to }),
		remove: (folder, name) => void ask({ hand: "remove", folder: far(folder), name }),
		removeFolder: (folder, name) => void ask({ hand: "removeFolder", folder: far(folder), name }),
		sync: (folder) => void ask({ hand: "sync", folder: far(folder) }),
		mayWrite: (folder) => ask({ hand: "mayWrite", folder: far(folder) }).text === "yes",
		lock(folder) {
			const held = far(folder);
			ask({ hand: "lock", folder: held });
			return () => void ask({ hand: "unlock", folder: held });
		},
	};
}

/** What is to be done goes before the bytes, with how long it is. */
export function packed(task: object, image: Buffer): Buffer {
	const words = Buffer.from(JSON.stringify(task));
	const length = Buffer.alloc(4);
	length.writeUInt32LE(words.length);
	return Buffer.concat([length, words, image]);
}

export function unpacked(bytes: Buffer): { task: unknown; image: Buffer } {
	const end = 4 + bytes.readUInt32LE();
	return { task: JSON.parse(bytes.toString("utf8", 4, end)), image: bytes.subarray(end) };
}

export function farEditor(ask: Ask): EditImage {
	return async (name, image, edit) => {
		const { bytes } = ask({ editor: "edit" }, packed({ name, edit }, image));
		const { task, image: changed } = unpacked(bytes);
		return { image: changed, usage: (task as { usage: number }).usage };
	};
}

/** More is not told of a value; all of it is in what undoes the change. */
const longest = 256;
/** Of a file that is kept, how much is sent at once. */
const piece = 1 << 20;

/** Backups that another process keeps; they are read here. */
export class FarKept extends Kept {
	constructor(
		home: string,
		restores: string | null,
		private readonly ask: Ask,
	) {
		super(home, restores);
	}

	override begin({ store, changes }: ToKeep, undo: Buffer): { id: string } {
		const cut = changes.map(({ before, after, ...rest }) => ({
			...rest,
			before: before?.slice(0, longest) ?? null,
			after: after?.slice(0, longest) ?? null,
		}));
		return { id: this.ask({ keep: "begin", store, changes: cut }, undo).text };
	}

	override filesOf(id: string): KeepFolder {
		return farFolder(this.ask, id, []);
	}

	override async sync(id: string): Promise<void> {
		this.ask({ keep: "sync", id });
	}

	override discard(id: string): void {
		this.ask({ keep: "discard", id });
	}
}

function farFolder(ask: Ask, id: string, above: string[]): KeepFolder {
	return {
		copy(name, file) {
			let at = 0;
			do {
				const bytes = file.read(at, Math.min(piece, file.size - at));
				ask({ keep: "write", id, names: [...above, name], at }, bytes);
				at += piece;
			} while (at < file.size);
		},
		write: (name, bytes) => void ask({ keep: "write", id, names: [...above, name], at: 0 }, bytes),
		remove: (name) => void ask({ keep: "remove", id, names: [...above, name] }),
		folder: (name) => farFolder(ask, id, [...above, name]),
	};
}
