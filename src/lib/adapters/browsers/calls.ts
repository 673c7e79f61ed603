import { type Backup, type StoreKind, storeKinds } from "../../webid/stores.js";
import type { Owner } from "../isolation/become.js";
import { either, fields, list, numberUpTo, oneOf, orNull, type Shape, text } from "../isolation/shape.js";
import type { Like } from "../user-files/hand.js";
import { type ToldError, toldErrorShape } from "../user-files/told-error.js";

// What a process that works out a change asks of others, by way of the one that started it: of the hand, which changes files as
// their owner and looks into none; of the editor, which has bytes and no file; and of the keeper of backups.

/** The one folder that is changed, and the one above it that is trusted to lead there. */
export interface ChangedPlace {
	within: string;
	path: string;
}

/** A folder of the profile, and what tells it from another one. */
export interface FarFolder {
	path: string;
	dev: number;
	ino: number;
}

export type HandCall =
	| { hand: "write"; folder: FarFolder; like: Like }
	| { hand: "add"; folder: FarFolder; name: string; like: Like }
	| { hand: "makeFolder" | "remove" | "removeFolder"; folder: FarFolder; name: string }
	| { hand: "rename"; folder: FarFolder; from: string; other: FarFolder; to: string }
	| { hand: "sync" | "lock" | "unlock" | "mayWrite"; folder: FarFolder };

export type KeepCall =
	| { keep: "begin"; store: StoreKind; changes: Backup["changes"] }
	| { keep: "sync" | "discard"; id: string }
	/** A piece of a file; the first one makes it anew. The names lead to it, the file's own last. */
	| { keep: "write"; id: string; names: string[]; at: number }
	| { keep: "remove"; id: string; names: string[] };

/** The bytes that go with it say what is to be done; nobody between looks into them. */
export interface EditorCall {
	editor: "edit";
}

export interface EditCall {
	/** Whose profile it is. */
	owner: Owner | null;
	call: HandCall | KeepCall | EditorCall;
}

const number = numberUpTo(Number.MAX_SAFE_INTEGER);
const name = text(255);
const id = text(100);
const folder = fields<FarFolder>({ path: text(70_000), dev: number, ino: number });
const shown = orNull(text(256));

const like = fields<Like>({ uid: number, gid: number, mode: number });

const handShape: Shape<HandCall> = either(
	either(
		fields<HandCall & { hand: "write" }>({ hand: oneOf(["write"]), folder, like }),
		fields<HandCall & { hand: "add" }>({ hand: oneOf(["add"]), folder, name, like }),
	),
	either(
		fields<HandCall & { hand: "makeFolder" | "remove" | "removeFolder" }>({
			hand: oneOf(["makeFolder", "remove", "removeFolder"]),
			folder,
			name,
		}),
		either(
			fields<HandCall & { hand: "rename" }>({ hand: oneOf(["rename"]), folder, from: name, other: folder, to: name }),
			fields<HandCall & { hand: "sync" }>({
				hand: oneOf(["sync", "lock", "unlock", "mayWrite"]) as Shape<"sync">,
				folder,
			}),
		),
	),
);

const keepShape: Shape<KeepCall> = either(
	fields<KeepCall & { keep: "begin" }>({
		keep: oneOf(["begin"]),
		store: oneOf(storeKinds),
		changes: list(
			fields<Backup["changes"][number]>({
				origin: text(512),
				before: shown,
				after: shown,
				cleared: (value) => value === true,
			}),
		),
	}),
	either(
		fields<KeepCall & { keep: "sync" | "discard" }>({ keep: oneOf(["sync", "discard"]), id }),
		either(
			fields<KeepCall & { keep: "write" }>({ keep: oneOf(["write"]), id, names: list(name, 3), at: number }),
			fields<KeepCall & { keep: "remove" }>({ keep: oneOf(["remove"]), id, names: list(name, 3) }),
		),
	),
);

export const editCallShape = fields<EditCall>({
	owner: orNull(fields<Owner>({ uid: number, gid: number })),
	call: either<HandCall, KeepCall | EditorCall>(
		handShape,
		either<KeepCall, EditorCall>(keepShape, fields<EditorCall>({ editor: oneOf(["edit"]) })),
	),
});

/** What becomes of a call: a name or an ID where there is one to tell. */
export interface Done {
	text: string | null;
	error: ToldError | null;
}
export const doneShape = fields<Done>({ text: orNull(text(255)), error: orNull(toldErrorShape) });
