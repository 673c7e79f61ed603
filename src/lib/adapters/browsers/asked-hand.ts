import { t } from "../../text.js";
import type { Owner } from "../isolation/become.js";
import { NoAnswer, type ReaderPool } from "../isolation/pool.js";
import { NotWritten } from "../user-files/unfit.js";
import { type ChangedPlace, type Done, doneShape, type HandCall } from "./calls.js";

/** The hand of one change, in a process of its own, which is started when it is first asked. */
export class AskedHand {
	private hand: ReaderPool | undefined;
	/** Why it is not asked any more: one that comes in its place would hold no lock. */
	private failed: NotWritten | undefined;

	constructor(
		private readonly start: (owner: Owner | null) => ReaderPool,
		private readonly place: ChangedPlace,
	) {}

	/** @param owner whose rights it has @throws NotWritten when it gives no answer */
	async ask(call: HandCall, bytes: Buffer, owner: Owner | null): Promise<Done> {
		if (this.failed !== undefined) throw this.failed;
		this.hand ??= this.start(owner);
		const { within, path } = this.place;
		try {
			return await this.hand.ask(path, { place: { within, path }, call }, doneShape, { bytes });
		} catch (error) {
			this.failed = noAnswer(error);
			throw this.failed;
		}
	}

	/** Lets it tidy up and end; nobody waits for it. */
	end(): void {
		this.hand?.dismiss();
	}
}

export function noAnswer(error: unknown): NotWritten {
	if (!(error instanceof NoAnswer)) throw error;
	return new NotWritten("failed", t`The process that writes it gave no answer (${error.overrun}: ${error.detail}).`);
}
