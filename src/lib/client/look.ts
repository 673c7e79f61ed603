import { type Finding, found } from "../finding/finding.js";
import type { Known } from "../known.js";
import { log } from "../log.js";
import { t, visible } from "../text.js";
import { clientMissing, uninstallEntryMissing, wrongClientId } from "./findings.js";
import type { ClientState, Machine } from "./machine.js";

/** A client as every command shows it: what can't be determined is null and named in `unknown`. */
export interface SeenClient {
	user: string;
	folder: string;
	installed: boolean | null;
	clientId: number | null;
	version: string | null;
	registered: boolean | null;
	running: boolean | null;
	/** The port the environment's rule gives this client ID. */
	port: number | null;
	/** Whether somebody answers on that port. */
	listening: boolean | null;
	unknown: string[];
	/** Why most is unknown: the user is not logged on, and Windows has not loaded their registry. */
	notLoggedOn?: true;
}

/**
 * Tells a state in one flat row, and asks whether the client's port answers.
 *
 * @param portOf the environment's port rule; null when it is not known
 */
export async function seen(
	machine: Pick<Machine, "loopback">,
	state: ClientState,
	portOf: ((id: number) => number) | null,
): Promise<SeenClient> {
	const missing: string[] = [];
	const tell = <T>(name: string, answer: Known<T>): T | null => {
		if (answer.known) return answer.value;
		missing.push(name);
		log(() => `${state.user}: ${name} unknown: ${visible(answer.why)}`);
		return null;
	};
	const installed = tell("installed", state.installed);
	const clientId = tell("clientId", state.clientId);
	const version = tell("version", state.version);
	const registered = tell("registered", state.registered);
	const running = tell("running", state.running);
	const port = clientId === null || portOf === null ? null : portOf(clientId);
	if (portOf === null) missing.push("port", "listening");
	const listening = port === null ? null : tell("listening", await machine.loopback.answers(port));
	return {
		user: state.user,
		folder: state.folder,
		installed,
		clientId,
		version,
		registered,
		running,
		port,
		listening,
		unknown: missing,
		...(state.notLoggedOn ? { notLoggedOn: true as const } : {}),
	};
}

/**
 * What is missing from a client that should be there with this ID; empty when it is whole.
 *
 * "Could not tell" is not missing: it is said separately.
 */
export function shortcomings(client: SeenClient, id: number, environment: string): Finding[] {
	const facts = { ...client, environment, allocatedId: id };
	const isWrong = client.clientId !== id && !client.unknown.includes("clientId");
	return [
		...(client.installed === false ? [found(clientMissing, facts)] : []),
		...(isWrong ? [found(wrongClientId, facts)] : []),
		...(client.registered === false ? [found(uninstallEntryMissing, facts)] : []),
	];
}

/** What is left of a client that should be gone, and what can't be determined of it, for a message. */
export function remains({ installed, folder, clientId, registered, unknown }: SeenClient): string[] {
	const open = unknown.filter((field) => ["installed", "clientId", "registered"].includes(field));
	return [
		...(installed === true ? [t`the program in ${folder}`] : []),
		...(clientId !== null ? [t`the client ID ${clientId}`] : []),
		...(registered === true ? [t`the uninstall entry`] : []),
		...(open.length > 0 ? [t`unknown: ${open.join(", ")}`] : []),
	];
}

/** Whether there is no trace of a client. */
export function isGone(client: SeenClient): boolean {
	return (
		client.installed === false &&
		client.registered !== true &&
		client.clientId === null &&
		!client.unknown.includes("clientId")
	);
}
