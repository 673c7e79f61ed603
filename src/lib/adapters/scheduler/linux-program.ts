import { join } from "node:path";
import { known } from "../../known.js";
import type { InstalledProgram } from "../../schedule/task.js";
import { opennessOf } from "../files/guard.js";
import { seenProgram } from "../files/program.js";

/** `cfm` with the Node that runs it now, and whether only root can change either. */
export async function linuxProgram(): Promise<InstalledProgram> {
	const { folder, open } = await seenProgram();
	const node = opennessOf(process.execPath, [0]);
	return {
		command: [process.execPath, join(folder, "bin", "run.cjs")],
		open: open.known && open.value === null && node !== undefined ? known(node) : open,
	};
}
