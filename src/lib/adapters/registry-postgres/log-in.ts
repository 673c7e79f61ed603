import { Client } from "pg";
import { CfmError } from "../../errors.js";
import type { Secrets } from "../../registry/provider.js";
import { codeOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { ConnectionLoss } from "./connection.js";
import { findPassword } from "./password.js";
import { Session } from "./session.js";
import { type Endpoint, isSocket, nameOf, type Target } from "./target.js";
import { type Cover, coversFor, tlsError } from "./tls.js";

/** Milliseconds after which a connection on which nothing is said is asked whether it is still there, by TCP. */
const keepAlive = 10_000;

/** Connects to one server and logs in. @throws as `connect` */
export async function logIn(location: string, target: Target, endpoint: Endpoint, secrets: Secrets): Promise<Session> {
	const covers = coversFor(target, endpoint, secrets.variables);
	for (const [at, cover] of covers.entries()) {
		try {
			return await logInWith(cover, location, target, endpoint, secrets);
		} catch (error) {
			if (at + 1 < covers.length && mayDoOtherwise(error, cover)) continue;
			throw explainLogin(error, target, endpoint);
		}
	}
	throw new Error("nothing to try");
}

/** `allow` tries TLS after a refusal without it, `prefer` does without after a server had none. */
function mayDoOtherwise(error: unknown, cover: Cover): boolean {
	return cover === false
		? codeOf(error) === "28000"
		: /^The server does not support SSL/.test((error as Error).message);
}

async function logInWith(
	cover: Cover,
	location: string,
	target: Target,
	endpoint: Endpoint,
	secrets: Secrets,
): Promise<Session> {
	const client = new Client({
		...{ host: endpoint.host, port: endpoint.port, user: target.user, database: target.database },
		// A function: the driver would look into files itself, and say on stderr that it should not.
		password: () => patient(() => findPassword(target, endpoint, secrets)),
		...{ ssl: cover, sslnegotiation: "postgres", connectionTimeoutMillis: target.patience },
		...{ keepAlive: true, keepAliveInitialDelayMillis: keepAlive, pipeline: true },
		types: { getTypeParser },
	} as ConstructorParameters<typeof Client>[0]);
	const { user, database } = target;
	// What the server is told of us is this, and not what the process environment has for other programs (PGOPTIONS).
	const startup = { user, database, application_name: "cfm", client_encoding: "UTF8", datestyle: "ISO" };
	Object.assign(client, { getStartupConf: () => startup });
	const session = new Session(client, location, endpoint, target.patience);
	/** Nobody types a password as fast as a server answers: the driver's time limit is for the server. */
	const patient = <T>(ask: () => Promise<T>) => {
		clearTimeout((client as unknown as { connectionTimeoutHandle?: NodeJS.Timeout }).connectionTimeoutHandle);
		return ask();
	};
	try {
		await client.connect();
		return session;
	} catch (error) {
		session.destroy();
		throw error;
	}
}

/** What the server, the network or we ourselves had against it, in our words. */
function explainLogin(error: unknown, target: Target, endpoint: Endpoint): unknown {
	if (error instanceof CfmError) return error;
	const { user, database } = target;
	const [host, code, message] = [nameOf(endpoint), codeOf(error), error instanceof Error ? error.message : ""];
	const told = tlsError(error, endpoint);
	if (told !== undefined) return told;
	const said = (kind: "denied" | "not-found" | "unavailable", own: string, text: string, hints: string[] = []) =>
		new CfmError(kind, own, text, { hints, data: { host, user, database, sqlstate: code }, cause: error });
	if (code === "28P01" || /^password authentication failed|^SASL authentication failed/.test(message))
		return said("denied", "wrong-password", t`${host} refused the password of ${user}.`);
	if (code.startsWith("28") || code === "42501")
		return said("denied", "login-refused", t`${host} lets ${user} not into the database ${database}: ${message}.`, [
			t`Ask the administrator of the server: pg_hba.conf says who may log in, and how.`,
		]);
	if (code === "3D000") {
		return said("not-found", "no-database", t`There is no database ${database} on ${host}.`, [
			t`Have it created by the administrator of the server: createdb ${database}`,
		]);
	}
	// Starting, stopping, out of connections; or no answer of a server at all.
	const isServers = /^[\dA-Z]{5}$/.test(code) && !/^E[A-Z]{4}$/.test(code);
	if (isServers && !/^(57P|53|08)/.test(code))
		return said("unavailable", "server-refused", t`${host} refused the connection: ${message}.`);
	return new ConnectionLoss(host, t`${host} ${reasonOf(code, message, endpoint)}`, error);
}

function reasonOf(code: string, message: string, { host }: Endpoint): string {
	if (code === "ENOENT" && isSocket(host)) return t`has no socket of a server`;
	if (code === "ENOTFOUND" || code === "EAI_AGAIN") return t`is no host that this machine can find`;
	if (code === "ECONNREFUSED") return t`does not let anybody connect: no server runs there`;
	if (code === "57P03") return t`is starting or stopping`;
	if (code === "53300") return t`has no connection left`;
	if (message === "timeout expired" || code === "ETIMEDOUT") return t`does not answer`;
	return code === "" ? t`closed the connection` : t`can't be reached (${code})`;
}

/** By the number of PostgreSQL's type; whatever is not here is a text. */
const parsers: Readonly<Record<number, (text: string) => unknown>> = {
	...Object.fromEntries([20, 21, 23, 26, 700, 701].map((type) => [type, Number])),
	16: (text) => text === "t",
	114: JSON.parse,
	3802: JSON.parse,
};

function getTypeParser(type: number): (text: string) => unknown {
	return parsers[type] ?? String;
}
