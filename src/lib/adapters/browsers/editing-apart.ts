import { t } from "../../text.js";
import type { BrowserProfile, EditOptions, EditResult } from "../../webid/stores.js";
import type { Owner } from "../isolation/become.js";
import type { ReaderPool } from "../isolation/pool.js";
import { toldOf } from "../user-files/told-error.js";
import { NotWritten } from "../user-files/unfit.js";
import { AskedHand, noAnswer } from "./asked-hand.js";
import { type Done, doneShape, type EditCall, editCallShape, type KeepCall } from "./calls.js";
import type { Kept } from "./kept.js";

/** How the processes come to be that change something; a test hands in others. */
export interface ChangingSource {
	/** One that changes files as whose they are. */
	hand(owner: Owner | null): ReaderPool;
	/** One that changes a database of some bytes, and has no file. */
	editor(bytes: number): ReaderPool;
}

/** More than what a browser's store consists of; a user could put a terabyte of nothing there. In bytes. */
const mostKept = 2 ** 30;

/** What a process that works out a change of one profile gets done by others: it may do nothing of it itself. */
export class Change {
	/** The backups that were begun. */
	readonly begun: string[] = [];
	private readonly hand: AskedHand;
	private kept = 0;

	constructor(
		private readonly source: ChangingSource,
		private readonly profile: BrowserProfile,
		private readonly keeper: Kept,
		private readonly options: EditOptions,
	) {
		this.hand = new AskedHand(source.hand, profile);
	}

	/** @throws OddAnswer for what nobody asks */
	async answer(what: unknown, bytes: Buffer): Promise<{ answer: Done; bytes?: Buffer }> {
		const { owner, call }: EditCall = editCallShape(what);
		try {
			if ("hand" in call) return { answer: await this.hand.ask(call, bytes, owner) };
			if ("keep" in call) return { answer: { text: (await this.keep(call, bytes)) ?? null, error: null } };
			return await this.editImage(bytes);
		} catch (error) {
			return { answer: { text: null, error: toldOf(error) } };
		}
	}

	/** Lets the hand tidy up and end; nobody waits for it. */
	end(): void {
		this.hand.end();
	}

	private async editImage(bytes: Buffer): Promise<{ answer: Done; bytes: Buffer }> {
		const editor = this.source.editor(bytes.length);
		try {
			return await editor.exchange(this.profile.path, {}, doneShape, { bytes, takesBytes: true });
		} catch (error) {
			throw noAnswer(error);
		} finally {
			editor.close();
		}
	}

	private async keep(call: KeepCall, bytes: Buffer): Promise<string | undefined> {
		if (call.keep === "begin") {
			const { store, changes } = call;
			const { id } = this.keeper.begin({ profile: this.profile, store, changes }, bytes, this.options);
			this.begun.push(id);
			return id;
		}
		const at = this.begun.indexOf(call.id);
		if (at < 0) throw new NotWritten("failed", t`There is no backup ${call.id} of this change.`);
		if (call.keep === "sync") await this.keeper.sync(call.id);
		if (call.keep === "discard") {
			this.keeper.discard(call.id);
			this.begun.splice(at, 1);
		}
		if (call.keep === "remove") this.keeper.removePart(call.id, call.names);
		if (call.keep === "write") {
			this.kept += bytes.length;
			if (this.kept > mostKept) throw new NotWritten("refused", t`The store is larger than any browser's.`);
			this.keeper.writePart(call.id, call.names, call.at, bytes);
		}
		return undefined;
	}
}

/** The results of a change whose process ended in the middle: what of it was done, its backups can undo. */
export function brokenOff(results: readonly EditResult[], begun: readonly string[]): EditResult[] {
	const [id] = begun;
	if (id === undefined) return [...results];
	return results.map((result) => ({
		...result,
		why: t`${result.why ?? ""} What was there is in the backup ${id}.`,
		backups: [...begun],
	}));
}
