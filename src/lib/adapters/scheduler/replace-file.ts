import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { removeIfThere, rename } from "../disk/names.js";
import { syncFile, syncFolder } from "../files/own-folder.js";

/** Puts a file that everybody may read in its place when it is whole and on the disk: nobody ever starts half a command. */
export function replaceFile(file: string, content: string): void {
	// cron and systemd pass by names that begin with a dot.
	const made = join(dirname(file), `.cfm-${process.pid}`);
	try {
		writeFileSync(made, content, { mode: 0o644 });
		syncFile(made);
		rename(made, file);
	} catch (error) {
		removeIfThere(made);
		throw error;
	}
	syncFolder(dirname(file));
}
