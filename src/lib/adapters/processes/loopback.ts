import type { Loopback, PortState } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import type { Network } from "../../port/network.js";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";

/**
 * Asks the loopback itself: a bind proves what no table of listeners can, since Windows keeps ranges that nobody
 * listens on (WSAEACCES, 10013).
 */
export const loopback: Loopback = loopbackBy(connects);

/**
 * The loopback, where the table of listeners tells who answers: before Windows Server 2019 to connect to a port that nobody
 * listens on takes two seconds. Where the table can't be had, it is asked all the same.
 */
export function loopbackByTable(network: Pick<Network, "answering">): Loopback {
	return loopbackBy(async (port) => {
		const answering = await network.answering();
		return answering.known ? known(answering.value.has(port)) : connects(port);
	});
}

function loopbackBy(answers: Loopback["answers"]): Loopback {
	return {
		async state(port): Promise<Known<PortState>> {
			// On Windows a bind to 127.0.0.1 can succeed beside a listener on 0.0.0.0: ask for an answer first.
			const answered = await answers(port);
			if (answered.known && answered.value) return known("in-use");
			return bindLoopback(port);
		},
		answers,
	};
}

async function connects(port: number): Promise<Known<boolean>> {
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
}

/**
 * Whether a port can be bound on the loopback: tried, and let go at once. Another `cfm` may try it at the same moment, so what
 * is in use is tried again.
 */
export async function bindLoopback(port: number): Promise<Known<PortState>> {
	let error = await tryToBind(port);
	for (const pause of [2, 8, 32, 128]) {
		if (error !== "EADDRINUSE") break;
		await new Promise((resolve) => setTimeout(resolve, pause * (1 + Math.random())));
		error = await tryToBind(port);
	}
	if (error === "") return known("free");
	if (error === "EADDRINUSE") return known("in-use");
	return error === "EACCES" || error === "EPERM" ? known("excluded") : unknown(error);
}

async function tryToBind(port: number): Promise<string> {
	return (await bindDirectly(port)) ?? (await bindByServer(port));
}

/** The part of libuv's TCP that node:net stands on. */
interface Tcp {
	bind(address: string, port: number): number;
	listen(backlog: number): number;
	close(done: () => void): void;
}
interface TcpBinding {
	TCP: new (type: number) => Tcp;
	constants: { SERVER: number };
}

/**
 * The same calls that node:net makes. Loading that takes a third as long as Node's whole start, and an ID is given in less.
 *
 * @returns the system's name of the error, "" for none; undefined where this Node lets nobody call it (docs/decisions/0029)
 */
async function bindDirectly(port: number): Promise<string | undefined> {
	let tcp: Tcp;
	const { noDeprecation = false } = process;
	try {
		process.noDeprecation = true;
		const binding = (process as unknown as { binding(name: string): TcpBinding }).binding("tcp_wrap");
		tcp = new binding.TCP(binding.constants.SERVER);
	} catch {
		return undefined;
	} finally {
		process.noDeprecation = noDeprecation;
	}
	// libuv tells that an address is in use only when it is to listen.
	const status = tcp.bind("127.0.0.1", port) || tcp.listen(1);
	await new Promise<void>((resolve) => tcp.close(resolve));
	return status === 0 ? "" : process.getBuiltinModule("node:util").getSystemErrorName(status);
}

async function bindByServer(port: number): Promise<string> {
	const { createServer } = await import("node:net");
	return new Promise((resolve) => {
		const server = createServer();
		server.once("error", (error) => resolve(codeOf(error) || error.message));
		server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve("")));
	});
}
