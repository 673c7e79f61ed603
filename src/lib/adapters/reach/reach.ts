import type { Socket } from "node:net";
import { connect as connectTls, rootCertificates, type TLSSocket } from "node:tls";
import type { Reached, Target } from "../../surroundings/surroundings.js";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";

/** More than this no answer's head has. */
const mostBytes = 65_536;
/** So much of what a proxy answers is told. */
const mostTold = 100;

/**
 * Tries to reach a server, through a proxy if need be; of a secure one, looks at who vouches for it and what time it has.
 * Nothing is sent but a request for the head of `/`.
 *
 * @param roots the authorities that are believed, instead of those that Node.js ships: NODE_EXTRA_CA_CERTS must not hide
 *   who looks into the connection
 */
export async function reach(
	{ host, port, secure, proxy }: Target,
	signal: AbortSignal,
	roots: readonly string[] = rootCertificates,
): Promise<Reached> {
	const open: Socket[] = [];
	/** What ends one that nobody waits for any more, or that is below another one, is no fault of ours. */
	const opened = <S extends Socket>(socket: S): S => {
		open.push(socket.on("error", () => {}));
		return socket;
	};
	const end = () => {
		for (const socket of open) socket.destroy(new Error(t`no answer in time`));
	};
	if (signal.aborted) return { connected: false, why: t`no answer in time` };
	signal.addEventListener("abort", end, { once: true });
	try {
		const { connect, isIP } = process.getBuiltinModule("node:net");
		const raw = opened(proxy === null ? connect({ host, port }) : connect(addressOf(proxy)));
		await event(raw, "connect");
		if (proxy !== null) await tunnel(raw, `${host}:${port}`);
		if (!secure) return { connected: true, why: null };
		const socket = opened(
			connectTls({
				...{ socket: raw, host, ca: [...roots], ...(isIP(host) === 0 && { servername: host }) },
				// Who it is shall be told, not refused; nothing of worth is sent.
				rejectUnauthorized: false,
			}),
		);
		await event(socket, "secureConnect");
		const tls = vouched(socket);
		socket.write(`HEAD / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
		const date = dateIn(await head(socket));
		return { connected: true, why: null, tls, ...(date === undefined ? {} : { date }) };
	} catch (error) {
		if (signal.aborted) return { connected: false, why: t`no answer in time` };
		return { connected: false, why: codeOf(error) || (error instanceof Error ? error.message : String(error)) };
	} finally {
		signal.removeEventListener("abort", end);
		for (const socket of open) socket.destroy();
	}
}

function vouched(socket: TLSSocket): NonNullable<Reached["tls"]> {
	const { issuer } = socket.getPeerCertificate();
	const name = issuer?.O ?? issuer?.CN;
	const why = socket.authorizationError;
	return {
		trusted: socket.authorized,
		why: why === null || why === undefined ? null : codeOf(why) || String(why),
		issuer: Array.isArray(name) ? name.join(", ") : (name ?? null),
	};
}

/** Asks an HTTP proxy for a way to a server. */
async function tunnel(socket: Socket, to: string): Promise<void> {
	socket.write(`CONNECT ${to} HTTP/1.1\r\nHost: ${to}\r\n\r\n`);
	const answer = await head(socket);
	if (/^HTTP\/1\.\d 200\b/.test(answer)) return;
	throw new Error(t`the proxy answers: ${(answer.split("\r\n", 1)[0] ?? "").slice(0, mostTold)}`);
}

/** The head of an HTTP answer. */
function head(socket: Socket): Promise<string> {
	return new Promise((resolve, reject) => {
		let text = "";
		const stop = (settle: () => void) => {
			socket.off("data", more).off("error", failed).off("close", closed);
			settle();
		};
		const more = (data: Buffer) => {
			text += data.toString("latin1");
			if (text.includes("\r\n\r\n") || text.length > mostBytes) stop(() => resolve(text));
		};
		const failed = (error: Error) => stop(() => reject(error));
		const closed = () => stop(() => resolve(text));
		socket.on("data", more).once("error", failed).once("close", closed);
	});
}

function dateIn(answer: string): string | undefined {
	const at = Date.parse(/^date:\s*(.+?)\s*$/im.exec(answer)?.[1] ?? "");
	return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}

function addressOf(proxy: string): { host: string; port: number } {
	const url = new URL(/^[a-z]+:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
	return { host: url.hostname, port: Number(url.port || 80) };
}

function event(socket: Socket, name: "connect" | "secureConnect"): Promise<void> {
	return new Promise((resolve, reject) => {
		socket.once(name, resolve).once("error", reject);
		socket.once("close", () => reject(new Error(t`the connection was closed`)));
	});
}
