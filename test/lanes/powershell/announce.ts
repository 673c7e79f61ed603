import { engines, missingEngines } from "./powershell.js";

/** Says in one line which engines the lane runs, and why not the others. */
export default function announce(): void {
	const running = engines();
	const absent = Object.entries(missingEngines()).map(([engine, why]) => `not ${engine} (${why})`);
	console.log(`PowerShell runs on: ${[...running, ...absent].join(", ")}`);
}
