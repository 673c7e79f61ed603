import type { Principal } from "../account/principal.js";

/** The account that runs `cfm`, as its system proves it: never by what somebody could say. */
export interface Asker {
	/** `DOMAIN\name`, or `name`. */
	account: string;
	sid: string | null;
	/** Whether it administers this machine, and that right is in use. */
	administers: boolean;
	/** Those of some groups that it belongs to, and whose rights are in use. */
	memberOf<G extends Principal>(groups: readonly G[]): Promise<readonly G[]>;
}
