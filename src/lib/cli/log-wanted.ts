import type { Streams } from "./streams.js";

/** Whether somebody wants to know what cfm does. */
export function wantsLog(verbose: boolean | undefined, { variables }: Pick<Streams, "variables">): boolean {
	return verbose === true || (variables.CFM_LOG ?? "") !== "";
}
