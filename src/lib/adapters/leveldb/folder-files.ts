import { t } from "../../text.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { ChangedError } from "./damaged.js";
import type { StoreFiles } from "./store-reader.js";
import type { TableBytes } from "./table-file.js";

/** A log is written into tables from 4 MB on; one much longer is nothing LevelDB made. */
const longestLog = 256 << 20;

/** The files of a store in a folder of a user, or in a private copy. `close` when the reader is done. */
export class FolderFiles implements StoreFiles {
	private readonly closers: (() => void)[] = [];

	constructor(private readonly folder: UserFolder) {}

	names(): string[] {
		return this.folder.names();
	}

	read(name: string): Buffer {
		const file = this.folder.file(name);
		if (file === undefined) throw new ChangedError(t`${name} is not there any more`);
		try {
			if (file.size > longestLog) throw new ChangedError(t`${name} is too long`);
			return file.read(0, file.size);
		} finally {
			file.close();
		}
	}

	open(name: string): TableBytes {
		const file = this.folder.file(name);
		if (file === undefined) throw new ChangedError(t`${name} is not there any more`);
		this.closers.push(() => file.close());
		return {
			name,
			size: file.size,
			read(at, length) {
				const bytes = file.read(at, length);
				if (bytes.length < length) throw new ChangedError(t`${name} is shorter now`);
				return bytes;
			},
		};
	}

	close(): void {
		for (const close of this.closers.splice(0)) close();
	}
}
