import { start } from "./start.js";

interface StartedPager {
	write(text: string): Promise<boolean>;
	end(): Promise<void>;
}

/**
 * Starts the pager that the process environment names, else `less`; Windows has none that can scroll back.
 *
 * `less` lets nobody start programs from it (LESSSECURE), for cfm may be elevated; it ends by itself when all fits, and shows
 * colours (FRX).
 *
 * @param variables CFM_PAGER, else PAGER: a program and its words; empty or `cat` for none
 * @returns undefined when there is none
 */
export async function openPager(variables: Readonly<NodeJS.ProcessEnv>): Promise<StartedPager | undefined> {
	const asked = variables.CFM_PAGER ?? variables.PAGER ?? (process.platform === "win32" ? "" : "less");
	const [program = "", ...words] = asked.split(" ").filter((word) => word !== "");
	if (program === "" || program === "cat" || variables.TERM === "dumb") return undefined;
	const env = { LESS: "FRX", ...variables, LESSSECURE: "1" };
	let child: Awaited<ReturnType<typeof start>>;
	try {
		child = await start(program, words, { stdio: ["pipe", "inherit", "inherit"], env });
	} catch {
		return undefined;
	}
	// Ctrl-C is the pager's: it ends a search there, and must not end cfm below it.
	const ignore = () => {};
	process.on("SIGINT", ignore);
	const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
	const { stdin } = child;
	stdin?.on("error", ignore); // it was left before it had read all
	return {
		async write(text) {
			if (stdin === null || !stdin.writable) return false;
			if (stdin.write(text)) return true;
			await Promise.race([new Promise((resolve) => stdin.once("drain", resolve)), closed]);
			return stdin.writable;
		},
		async end() {
			stdin?.end();
			await closed;
			process.removeListener("SIGINT", ignore);
		},
	};
}
