import { createServer } from "node:net";
import { basename } from "node:path";
import { foldName } from "../../account/fold.js";
import type { Network } from "../../port/network.js";
import type { Sight } from "../../self/check.js";
import { plural, t } from "../../text.js";
import { dword, loadWindows } from "./native.js";
import { notTried, sight } from "./sight.js";
import { whoAmI } from "./who-am-i.js";

/** Opens a port of its own on the loopback, and asks who has it. */
export async function ownPortSight(network: Network): Promise<Sight> {
	const server = createServer();
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen({ port: 0, host: "127.0.0.1" }, resolve);
	});
	try {
		const address = server.address();
		const port = typeof address === "object" ? address?.port : undefined;
		const [listeners, me] = await Promise.all([network.listeners(), whoAmI()]);
		if (!listeners.known) return sight(false, listeners.why);
		const owner = listeners.value.find((one) => one.port === port)?.owner;
		if (owner === undefined) return sight(false, t`the port is not in the table`);
		const wrong = [
			...(owner.pid === process.pid ? [] : ["pid"]),
			...(owner.process?.toLowerCase() === basename(process.execPath).toLowerCase() ? [] : ["process"]),
			...(owner.user === me.account ? [] : ["user"]),
			...(owner.session === (await ownSession()) ? [] : ["session"]),
			...(owner.since === null ? ["since"] : []),
		];
		return sight(
			wrong.length === 0,
			wrong.length === 0 ? t`all of it is right` : t`wrong or unknown: ${wrong.join(", ")}`,
		);
	} finally {
		server.close();
	}
}

export async function portOwnersSight(network: Network): Promise<Sight> {
	const listeners = await network.listeners();
	if (!listeners.known) return sight(false, listeners.why);
	const unclear = listeners.value.filter(({ owner }) => owner.unknown.length > 0);
	const fields = [...new Set(unclear.flatMap(({ owner }) => owner.unknown))];
	const total = listeners.value.length;
	if (unclear.length === 0) return sight(true, t`all ${total} listeners`);
	return sight(false, t`unknown of ${unclear.length} of ${total} listeners: ${fields.join(", ")}`);
}

export async function sessionsSight(network: Network): Promise<Sight> {
	const [sessions, own, me] = await Promise.all([network.sessions(), ownSession(), whoAmI()]);
	if (own === 0) return notTried(t`cfm runs in no session of a person`);
	if (!sessions.known) return sight(false, sessions.why);
	const here = sessions.value.find(({ session }) => session === own);
	if (here === undefined) return sight(false, t`this session is not in the list`);
	const isMe = foldName(here.user) === foldName(me.account);
	const count = plural(sessions.value.length, { one: "1 session", other: `${sessions.value.length} sessions` });
	return sight(isMe, isMe ? count : t`this session is listed with another account`);
}

async function ownSession(): Promise<number | null> {
	const windows = await loadWindows();
	const ask = windows.bind("kernel32", "int __stdcall ProcessIdToSessionId(uint32 pid, void *session)");
	const session = dword();
	return ask(process.pid, session) === 0 ? null : session.readUInt32LE();
}

export async function excludedPortsSight(network: Network): Promise<Sight> {
	const [excluded, dynamic] = await Promise.all([network.excluded(), network.dynamic()]);
	if (!excluded.known) return sight(false, excluded.why);
	if (!dynamic.known) return sight(false, dynamic.why);
	const ranges = plural(excluded.value.length, { one: "1 range", other: `${excluded.value.length} ranges` });
	return sight(true, t`excluded: ${ranges}; outgoing connections: ${dynamic.value.first}-${dynamic.value.last}`);
}

/** A bind takes the port for a moment, where it succeeds; nobody can have this one. */
export async function reservedPortSight(network: Network): Promise<Sight> {
	const [excluded, listening] = await Promise.all([network.excluded(), network.listening()]);
	if (!excluded.known || !listening.known) return notTried(t`the ranges or the listeners are not known`);
	const range = excluded.value.find(({ first, administered }) => !administered && !listening.value.has(first));
	if (range === undefined) return notTried(t`Windows keeps no port here`);
	const state = await network.bind(range.first);
	if (!state.known) return sight(false, state.why);
	return sight(state.value === "excluded", state.value);
}
