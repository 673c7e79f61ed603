import { mkdirSync } from "node:fs";
import { expect, it } from "vitest";
import { putStoreBack } from "../../../../src/lib/adapters/leveldb/store-writer.js";
import { Unfit } from "../../../../src/lib/adapters/user-files/unfit.js";
import { UserFolder } from "../../../../src/lib/adapters/user-files/user-folder.js";
import { useFolder } from "../temp.js";

const at = useFolder();

it("an empty folder is no store that could be put back: that is said of it, and is no fault", async () => {
	for (const name of ["kept", "store"]) mkdirSync(at(name));
	const folder = UserFolder.openBelow(at(), at("store")) as UserFolder;
	try {
		await expect(putStoreBack(folder, at("kept"), { guard() {} })).rejects.toBeInstanceOf(Unfit);
		expect(folder.names()).toEqual([]);
	} finally {
		folder.close();
	}
});
