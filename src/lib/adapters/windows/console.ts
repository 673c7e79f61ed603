import { loadWindows } from "./native.js";

/**
 * Code pages that have the lines of tables, as characters of one cell: those of DOS, and UTF-8. Windows' own (125x) have
 * none, and in those of East Asia they take two cells.
 */
const withLines = new Set([
	437, 720, 737, 775, 850, 852, 855, 857, 858, 860, 861, 862, 863, 864, 865, 866, 869, 65_001,
]);

/** Whether the console of this process can draw the lines of a table. A font of pixels has what the code page has. */
export async function consoleDrawsLines(): Promise<boolean> {
	try {
		const windows = await loadWindows();
		return withLines.has(windows.bind("kernel32", "uint32 __stdcall GetConsoleOutputCP()")());
	} catch {
		return false; // without koffi's binary: what every console can draw
	}
}
