import { type Known, known, unknown } from "../../known.js";
import type { Network } from "../../port/network.js";
import { t } from "../../text.js";

/** The processes that listen on a port. That one listens whom nobody can name is not the same as that none does. */
export async function listeningOn(network: Pick<Network, "listeners">, port: number): Promise<Known<number[]>> {
	const all = await network.listeners();
	if (!all.known) return all;
	const here = all.value.filter((one) => one.port === port);
	const pids = here.flatMap(({ owner, sharedWith }) => [owner, ...sharedWith]).map(({ pid }) => pid);
	if (pids.includes(null)) return unknown(t`the system names no process that listens on port ${port}`);
	return known([...new Set(pids.filter((pid) => pid !== null))]);
}
