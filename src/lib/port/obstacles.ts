import { portOf } from "../environment/environment.js";
import type { FindObstacle } from "../id/obstacle.js";
import type { Known } from "../known.js";
import { t } from "../text.js";
import { describeOwner } from "./findings.js";
import type { ExcludedRange, Listener, NetworkPort } from "./network.js";
import { judge } from "./whose.js";

/** The regular edition's port is never handed out, whatever else is to be ignored. */
export function commonPortOnly(commonPort: number): FindObstacle {
	return async (environment, id) => {
		if (portOf(environment, id) !== commonPort) return undefined;
		return { code: "common-port", message: t`port ${commonPort} belongs to the regular edition` };
	};
}

/**
 * Looks at this machine: ports that Windows excludes, and ports that another user's process, or one whose user could not
 * be told, listens on.
 *
 * The look comes first, before a transaction keeps others waiting; only whose a held port is, which is seldom asked, is
 * looked up when it is.
 *
 * @param network undefined where no machine is to be looked at: then only the regular edition's port is an obstacle
 * @param remark hears what could not be told
 */
export async function portObstacles(
	commonPort: number,
	network: NetworkPort | undefined,
	remark: (text: string) => void,
): Promise<FindObstacle> {
	if (network === undefined) return commonPortOnly(commonPort);
	const [listening, excluded] = await Promise.all([network.listening(), network.excluded()]);
	if (!listening.known) remark(t`Can't determine what listens here, so no port was skipped: ${listening.why}`);
	if (!excluded.known) remark(t`Can't determine which ports the system excludes: ${excluded.why}`);
	let owners: Promise<Known<readonly Listener[]>> | undefined;
	return obstaclesSeen(commonPort, { listening, excluded, listeners: () => (owners ??= network.listeners()) });
}

/** Of a socket that was seen, and was gone when its owner was looked for. */
const nobodyKnown = { process: null, pid: null, user: null };

/** What a look at a machine has shown, or will when it is asked. */
interface Seen {
	listening: Known<ReadonlySet<number>>;
	excluded: Known<readonly ExcludedRange[]>;
	listeners(): Promise<Known<readonly Listener[]>>;
}

/** The same by a look that was made already. */
export function obstaclesSeen(commonPort: number, { listening, excluded, listeners }: Seen): FindObstacle {
	const common = commonPortOnly(commonPort);
	return async (environment, id, account) => {
		const port = portOf(environment, id);
		const never = await common(environment, id, account);
		if (never !== undefined) return never;
		const kept = excluded.known
			? excluded.value.find(({ first, last, administered }) => !administered && first <= port && port <= last)
			: undefined;
		if (kept !== undefined) {
			const message = t`port ${port} is in the range ${kept.first}-${kept.last}, which the system reserves`;
			return { code: "port-excluded", message };
		}
		if (!listening.known || !listening.value.has(port)) return undefined;
		const owners = await listeners();
		const applicant = { id: -1, user: account?.spelling ?? null, sid: account?.sid ?? null };
		const whose = judge(environment.domains, []);
		const held = owners.known ? owners.value.filter((one) => one.port === port) : [];
		const foreign = held.find((one) => account === null || whose(one, applicant) !== "same");
		// The account's own is no reason to pass over it.
		if (held.length > 0 && foreign === undefined) return undefined;
		return { code: "port-in-use", message: t`port ${port} is held by ${describeOwner(foreign?.owner ?? nobodyKnown)}` };
	};
}
