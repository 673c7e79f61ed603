import type { ReaderLack } from "../../webid/browsers.js";
import { become, type Owner } from "../isolation/become.js";
import { serve, WithBytes } from "../isolation/serve.js";
import { loadFcntl } from "../leveldb/lock.js";
import { driver } from "../sqlite/driver.js";
import type { ImageEdit } from "../user-files/live-store.js";
import { toldOf } from "../user-files/told-error.js";
import type { ChangedPlace, HandCall } from "./calls.js";
import { editImageHere } from "./edit-image.js";
import { packed, unpacked } from "./far.js";
import { HandOfOwner } from "./hand-of-owner.js";

// All that is needed is loaded first: whom these processes become may not read our own files.

/** Changes files below one folder, as whose it is, until nobody asks any more. @param limit of memory, in bytes */
export async function serveHand(limit: number, owner: Owner | undefined): Promise<void> {
	if (process.platform === "linux") await loadFcntl();
	const lacks = owner === undefined ? [] : become(owner);
	let hand: HandOfOwner | undefined;
	try {
		await serve(lacks, limit, ({ request, bytes }) => {
			const { place, call } = request as { place: ChangedPlace; call: HandCall };
			hand ??= new HandOfOwner(place);
			return hand.answer(call, bytes);
		});
	} finally {
		hand?.tidyUp();
	}
}

/**
 * Changes databases in memory, as nobody.
 *
 * @param limit of memory, in bytes
 * @param lower gives up what a change of account does not
 */
export async function serveEditor(
	limit: number,
	nobody: Owner | undefined,
	lower: () => Promise<ReaderLack[]> | ReaderLack[],
): Promise<void> {
	const Database = await driver();
	new Database(":memory:").close();
	const lacks = [...(nobody === undefined ? [] : become(nobody)), ...(await lower())];
	await serve(lacks, limit, async ({ bytes }) => {
		const { task, image } = unpacked(bytes);
		const { name, edit } = task as { name: string; edit: ImageEdit };
		try {
			const changed = await editImageHere(name, image, edit);
			const made = packed({ usage: changed.usage }, changed.image);
			return new WithBytes({ text: null, error: null }, made);
		} catch (error) {
			return { text: null, error: toldOf(error) };
		}
	});
}
