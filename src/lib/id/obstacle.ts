import type { Account } from "../account/account.js";
import type { Environment } from "../environment/environment.js";

/** Why an ID should not be given out: its port could not be used. */
export interface Obstacle {
	code: "common-port" | "port-excluded" | "port-in-use";
	message: string;
}

/** What stands against giving an ID to an account, null for nobody yet; undefined for nothing. */
export type FindObstacle = (
	environment: Environment,
	id: number,
	account: Account | null,
) => Promise<Obstacle | undefined>;
