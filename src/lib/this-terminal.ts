import { processStreams, type Streams } from "./cli/streams.js";

/** The streams of this process, and what the terminal they may lead to can draw. */
export const thisTerminal: Streams = Object.create(processStreams, {
	openPager: {
		async value() {
			return (await import("./adapters/processes/pager.js")).openPager(process.env);
		},
	},
	drawsLines: {
		async value() {
			if (process.platform !== "win32") return true;
			return (await import("./adapters/windows/console.js")).consoleDrawsLines();
		},
	},
});
