import { t } from "../../text.js";
import { ChangedError } from "../user-files/damaged.js";
import { bytesOfFile } from "../user-files/file-bytes.js";
import type { UserFolder } from "../user-files/user-folder.js";
import type { OpenFile, StoreFiles } from "./store-reader.js";

/** The files of a store in a folder of a user, or in one of our own. */
export class FolderFiles implements StoreFiles {
	constructor(private readonly folder: UserFolder) {}

	names(): string[] {
		return this.folder.names();
	}

	open(name: string): OpenFile {
		const file = this.folder.file(name);
		if (file === undefined) throw new ChangedError(t`${name} is not there any more`);
		return { ...bytesOfFile(name, file), close: () => file.close() };
	}
}
