import type { LoopbackPort, PortState } from "../../client/ports.js";
import { type Known, known, unknown } from "../../known.js";
import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";

/**
 * Asks the loopback itself: a bind proves what no table of listeners can, since Windows keeps ranges that nobody
 * listens on (WSAEACCES, 10013).
 */
export const loopback: LoopbackPort = {
	async state(port): Promise<Known<PortState>> {
		// On Windows a bind to 127.0.0.1 can succeed beside a listener on 0.0.0.0: ask for an answer first.
		const answered = await this.answers(port);
		if (answered.known && answered.value) return known("in-use");
		return bindLoopback(port);
	},

	async answers(port): Promise<Known<boolean>> {
		const { connect } = await import("node:net");
		return new Promise((resolve) => {
			const socket = connect({ port, host: "127.0.0.1" });
			const end = (answer: Known<boolean>) => {
				socket.destroy();
				resolve(answer);
			};
			socket.setTimeout(2000, () => end(unknown(t`no answer within 2 s`)));
			socket.once("connect", () => end(known(true)));
			socket.once("error", (error) => end(codeOf(error) === "ECONNREFUSED" ? known(false) : unknown(error.message)));
		});
	},
};

/** Whether a port can be bound on the loopback: tried, and let go at once. */
export async function bindLoopback(port: number): Promise<Known<PortState>> {
	const { createServer } = await import("node:net");
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", (error) => {
			if (codeOf(error) === "EADDRINUSE") resolve(known("in-use"));
			else if (refusalOf(error) === "denied") resolve(known("excluded"));
			else resolve(unknown(error.message));
		});
		server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(known("free"))));
	});
}
