import { connect as connectSocket, type Socket } from "node:net";
import { type Endpoint, isSocket } from "./target.js";

/** "Do you speak TLS?": eight bytes that a server answers with one, before it knows who asks. */
const question = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f]);

function opened({ host, port }: Endpoint): Socket {
	return isSocket(host) ? connectSocket(`${host}/.s.PGSQL.${port}`) : connectSocket({ host, port });
}

/**
 * Whether a server, or what stands before it, still says anything at all, on a connection of its own: one that is merely
 * slow does, one behind a network that has gone silent does not.
 */
export function answersAtAll(endpoint: Endpoint, patience: number): Promise<boolean> {
	return new Promise((resolve) => {
		const socket = opened(endpoint);
		const end = (answer: boolean) => {
			clearTimeout(limit);
			socket.destroy();
			resolve(answer);
		};
		const limit = setTimeout(() => end(false), patience);
		socket.once("error", () => end(false));
		socket.once("close", () => end(false));
		socket.once("data", () => end(true));
		socket.write(question);
	});
}
