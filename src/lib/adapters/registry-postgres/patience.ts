import { ConnectionLoss, ServerRefusal } from "./connection.js";
import { explain } from "./failures.js";

/** How long a command goes on trying: a server that restarts, a standby that takes over. */
const patience = 30_000;

/** What is worth another try at once: the server has undone all of it. */
const again = new Set(["40001", "40P01", "53300"]);

/**
 * Runs what a server may refuse for a moment, until it works or 30 s are over; the pauses become longer, 50 ms to 2 s, and are
 * random, so that many clients do not come back together.
 *
 * @throws CfmError unavailable `registry-unreachable`, busy `registry-busy` after the deadline
 */
export async function patiently<T>(attempt: () => Promise<T>, location: string): Promise<T> {
	const deadline = Date.now() + patience;
	for (let pause = 50; ; pause = Math.min(pause * 2, 2000)) {
		try {
			return await attempt();
		} catch (error) {
			const isWorth = error instanceof ConnectionLoss || (error instanceof ServerRefusal && again.has(error.code));
			if (!isWorth || Date.now() + pause >= deadline) throw explain(error, location);
		}
		await new Promise((resolve) => setTimeout(resolve, pause / 2 + (Math.random() * pause) / 2));
	}
}
