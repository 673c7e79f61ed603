import { relative, sep } from "node:path";
import { t } from "../../text.js";
import { holdLock } from "../leveldb/lock.js";
import { toldOf } from "../user-files/told-error.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import { UserFolder } from "../user-files/user-folder.js";
import type { ChangedPlace, Done, FarFolder, HandCall } from "./calls.js";

/** A file or folder that was made, and is not in its place yet. */
interface Unfinished {
	folder: UserFolder;
	name: string;
	isFolder: boolean;
}

/** What folders are called that stand beside their place. */
const unfinishedFolder = /^cfm-|\.cfm-\d+$/;

/**
 * Changes files in one folder, with the rights of whose they are; it looks into none of them. Nothing outside of that
 * folder, and nothing behind a link, can be asked of it.
 */
export class HandOfOwner {
	private readonly folders = new Map<string, UserFolder>();
	private readonly locks = new Map<string, () => void>();
	private unfinished: Unfinished[] = [];
	private root: UserFolder | undefined;

	constructor(private readonly place: ChangedPlace) {}

	async answer(call: HandCall, bytes: Buffer): Promise<Done> {
		try {
			return { text: (await this.carryOut(call, bytes)) ?? null, error: null };
		} catch (error) {
			return { text: null, error: toldOf(error) };
		}
	}

	/** Removes what was begun: nobody asks any more. */
	tidyUp(): void {
		for (const { folder, name, isFolder } of this.unfinished.splice(0).reverse()) {
			try {
				if (isFolder) this.loosen(folder, name);
				if (isFolder) folder.removeFolder(name);
				else folder.remove(name);
			} catch {
				// The user has changed it meanwhile, or the disk is gone.
			}
		}
		for (const give of this.locks.values()) give();
	}

	private async carryOut(call: HandCall, bytes: Buffer): Promise<string | undefined> {
		const folder = this.folder(call.folder);
		switch (call.hand) {
			case "write": {
				const name = folder.write(bytes, call.like);
				this.unfinished.push({ folder, name, isFolder: false });
				return name;
			}
			case "add":
				folder.add(call.name, bytes, call.like);
				return undefined;
			case "makeFolder":
				return this.makeFolder(folder, call.name);
			case "rename":
				return this.rename(folder, call.from, this.folder(call.other), call.to);
			case "remove":
				folder.remove(call.name);
				this.forget(folder, call.name);
				return undefined;
			case "removeFolder":
				this.loosen(folder, call.name);
				folder.removeFolder(call.name);
				this.forget(folder, call.name);
				return undefined;
			case "sync":
				folder.sync();
				return undefined;
			case "mayWrite":
				return folder.mayWrite() ? "yes" : "no";
			case "lock":
				this.locks.set(folder.path, await holdLock(folder));
				return undefined;
			case "unlock":
				this.locks.get(folder.path)?.();
				this.locks.delete(folder.path);
				return undefined;
		}
	}

	/** One that is filled beside its place is removed again, unless it gets there. */
	private makeFolder(folder: UserFolder, name: string): undefined {
		const isBeside = unfinishedFolder.test(name) || this.isUnfinished(folder.path);
		if (isBeside && folder.look(name) === undefined) this.unfinished.push({ folder, name, isFolder: true });
		folder.makeFolder(name).close();
	}

	/** What gets its name in a folder that is itself unfinished is not in its place yet. */
	private rename(folder: UserFolder, from: string, other: UserFolder, to: string): undefined {
		this.loosen(folder, from);
		folder.rename(from, to, other);
		const moved = this.unfinished.find((one) => one.folder === folder && one.name === from);
		this.forget(folder, from);
		if (moved === undefined) return;
		if (this.isUnfinished(other.path)) this.unfinished.push({ ...moved, folder: other, name: to });
		else if (moved.isFolder) {
			this.unfinished = this.unfinished.filter((one) => !isBelow(one.folder.path, folder.path, from));
		}
	}

	/** What is renamed or removed may not be held any more, nor what is in it. */
	private loosen(folder: UserFolder, name: string): void {
		for (const one of this.folders.values()) if (isBelow(one.path, folder.path, name)) one.loosen();
	}

	private isUnfinished(path: string): boolean {
		return this.unfinished.some(({ folder, name, isFolder }) => isFolder && isBelow(path, folder.path, name));
	}

	private forget(folder: UserFolder, name: string): void {
		this.unfinished = this.unfinished.filter((one) => one.folder !== folder || one.name !== name);
	}

	/** A folder of the profile, held open from its first use on. @throws Unfit denied */
	private folder({ path, dev, ino }: FarFolder): UserFolder {
		let folder = this.folders.get(`${dev}:${ino}:${path}`);
		if (folder !== undefined) return folder;
		const { within, path: own } = this.place;
		this.root ??= UserFolder.openBelow(within, own);
		if (this.root === undefined) throw new Unfit("unreachable", t`There is no folder ${own}.`);
		const steps = relative(this.root.path, path).split(sep).filter(Boolean);
		folder = this.root;
		for (const step of steps) {
			const next: UserFolder | undefined = folder.folder(step);
			if (folder !== this.root) folder.close();
			if (next === undefined) throw new NotWritten("in-use", t`${path} was replaced by something else.`);
			folder = next;
		}
		const { identity } = folder;
		if (identity.dev !== dev || identity.ino !== ino) {
			throw new NotWritten("in-use", t`${path} was replaced by something else.`);
		}
		this.folders.set(`${dev}:${ino}:${path}`, folder);
		return folder;
	}
}

function isBelow(path: string, above: string, name: string): boolean {
	const folder = `${above}${sep}${name}`;
	return path === folder || path.startsWith(`${folder}${sep}`);
}
