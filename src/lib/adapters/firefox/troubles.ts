import { type Known, unknown } from "../../known.js";
import type { ReadState } from "../../webid/stores.js";
import { Unfit } from "../user-files/unfit.js";

/** What is wrong with the sites of one reading, and what that makes of the whole: the worst of it. */
export class Troubles {
	private readonly found: { state: ReadState; why: string }[] = [];

	/** A value whose site was refused is told a second time, as one that is not known. */
	add(state: ReadState, why: string): void {
		if (!this.found.some((one) => one.why === why)) this.found.push({ state, why });
	}

	/** What makes one site unreadable says nothing of the others. */
	async known<T>(read: () => Promise<Known<T> | undefined>): Promise<Known<T> | undefined> {
		try {
			return await read();
		} catch (error) {
			if (!(error instanceof Unfit)) throw error;
			this.add(error.state, error.message);
			return unknown(error.message);
		}
	}

	get worst(): { state: ReadState; why: string | null } {
		const worst = this.found.find(({ state }) => state === "damaged") ?? this.found[0];
		return worst ?? { state: "readable", why: null };
	}
}
