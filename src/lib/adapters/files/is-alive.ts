import { refusalOf } from "../../system-errors.js";

/** Whether a process of this number runs, whoever's it is. */
export function isAlive(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return refusalOf(error) === "denied";
	}
}
