import { relate, told } from "../account/whose.js";
import type { LocalUser } from "../client/machine.js";
import { type ClientProfile, isClientProgram } from "../client/profile.js";
import { t } from "../text.js";
import type { Listener, Network } from "./network.js";

/**
 * Does work, and tells of other users' clients that listened before and are gone after it: an installer may end every
 * program called as the client is, whoever runs it.
 *
 * @param own whose client the work is about
 */
export async function watchingOthersClients<T>(
	network: Pick<Network, "listeners">,
	profile: ClientProfile,
	own: LocalUser,
	work: () => Promise<T>,
	remark: (text: string) => void,
): Promise<T> {
	const before = await network.listeners();
	try {
		return await work();
	} finally {
		const after = before.known ? await network.listeners() : before;
		if (before.known && after.known) {
			for (const { owner, port } of endedClients(before.value, after.value, profile, own)) {
				const user = owner.user ?? "?";
				remark(
					t`The client of ${user} (port ${port}) ended meanwhile. If the installer ended it, ${user} must start it again.`,
				);
			}
		}
	}
}

/** Other users' clients that are in the first look and not in the second, each process once. */
function endedClients(
	before: readonly Listener[],
	after: readonly Listener[],
	profile: ClientProfile,
	own: LocalUser,
): Listener[] {
	const account = told(own.account, own.sid);
	const identity = ({ owner }: Listener) => `${owner.pid} ${owner.since}`;
	const left = new Set(after.map(identity));
	const ended = new Map<string, Listener>();
	for (const listener of before) {
		const { pid, process, user, sid } = listener.owner;
		const theirs = told(user, sid);
		const isOwn = account !== undefined && theirs !== undefined && relate(account, theirs, []) === "same";
		if (pid === null || process === null || isOwn || !isClientProgram(process, profile)) continue;
		if (!left.has(identity(listener)) && !ended.has(identity(listener))) ended.set(identity(listener), listener);
	}
	return [...ended.values()];
}
