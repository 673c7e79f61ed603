import { afterEach, beforeEach } from "vitest";
import type { OpenStore, Store } from "./store.js";

/** A new store for every test of the block. */
export function useStore(open: () => ReturnType<OpenStore>): () => Store {
	let store: Store;
	beforeEach(async () => {
		store = await open();
	});
	afterEach(() => store.close());
	return () => store;
}
