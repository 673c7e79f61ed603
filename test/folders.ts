import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Where this machine keeps what is temporary, without links on the way: what `cfm` says of a place is its real one. */
export const temporary = realpathSync(tmpdir());

/** Makes a new folder, closed to others. Whoever makes it removes it. */
export function makeFolder(purpose: string, parent = temporary): string {
	return mkdtempSync(join(parent, `cfm-${purpose}-`));
}
