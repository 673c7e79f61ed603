import { existsSync, readFileSync } from "node:fs";
import { isIP } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { CfmError } from "../../errors.js";
import { fileError, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { badAddressError, isParameterName, type ParameterName, type Parameters, parseAddress } from "./address.js";

/** One server that may be asked. */
export interface Endpoint {
	/** A name, an IP address, or the folder of a Unix socket (it begins with `/`). */
	host: string;
	port: number;
}

const tlsModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;

export type TlsMode = (typeof tlsModes)[number];

/** All that is needed to connect, but the password. */
export interface Target {
	endpoints: readonly Endpoint[];
	user: string;
	database: string;
	/** What was asked for; undefined leaves it to the host. */
	tls: TlsMode | undefined;
	/** Certificates and a key, as paths of files; `system` as the root means the authorities that the system trusts. */
	rootCertificate: string | undefined;
	certificate: string | undefined;
	key: string | undefined;
	/** Which of several servers will do: one that can be changed, or any. */
	sessions: "read-write" | "any";
	/** Milliseconds within which a server must answer when it is asked for a connection. */
	patience: number;
	passwordFile: string | undefined;
}

type Variables = Readonly<Record<string, string | undefined>>;

const variableOf: Readonly<Record<ParameterName, string>> = {
	host: "PGHOST",
	port: "PGPORT",
	dbname: "PGDATABASE",
	user: "PGUSER",
	target_session_attrs: "PGTARGETSESSIONATTRS",
	connect_timeout: "PGCONNECT_TIMEOUT",
	passfile: "PGPASSFILE",
	service: "PGSERVICE",
	sslmode: "PGSSLMODE",
	sslrootcert: "PGSSLROOTCERT",
	sslcert: "PGSSLCERT",
	sslkey: "PGSSLKEY",
};

/** What programs of PostgreSQL may put in a service file and that makes no difference to `cfm`. */
const withoutMeaning =
	/^(application_name|fallback_application_name|client_encoding|keepalives\w*|gssencmode|krbsrvname|#.*)$/;

const usualPort = 5432;
/** Debian's folder of sockets, and that of PostgreSQL as it comes. */
const socketFolders = ["/var/run/postgresql", "/tmp"];

/**
 * Finds out where an address leads: what it leaves out comes from the service it names, then from the process environment,
 * as with libpq.
 *
 * @throws CfmError usage `bad-registry-address`
 */
export async function findTarget(address: string, variables: Variables): Promise<Target> {
	const said = parseAddress(address);
	const fromVariables: Parameters = {};
	for (const [name, variable] of Object.entries(variableOf)) {
		const value = variables[variable];
		if (value !== undefined && value !== "") fromVariables[name as ParameterName] = value;
	}
	const service = said.service ?? fromVariables.service;
	const fromService = service === undefined ? {} : await readService(service, variables);
	const all: Parameters = { ...fromVariables, ...fromService, ...said };
	// A host's port is said with the host: that of another source is of another host.
	if (said.host !== undefined && said.port === undefined) delete all.port;
	const user = all.user ?? userInfo().username;
	return {
		endpoints: endpointsOf(all),
		user,
		database: all.dbname ?? user,
		tls: oneOf("sslmode", all.sslmode, tlsModes),
		rootCertificate: all.sslrootcert,
		certificate: all.sslcert,
		key: all.sslkey,
		sessions: oneOf("target_session_attrs", all.target_session_attrs, ["read-write", "any"]) ?? "any",
		patience: number("connect_timeout", all.connect_timeout ?? "10", 1, 600) * 1000,
		passwordFile: all.passfile,
	};
}

function endpointsOf({ host = "", port = "" }: Parameters): Endpoint[] {
	const hosts = host.split(",");
	const ports = port.split(",");
	if (ports.length > 1 && ports.length !== hosts.length)
		throw badAddressError("port", t`there are ${ports.length} ports for ${hosts.length} hosts`);
	return hosts.map((name, at) => {
		const said = (ports.length > 1 ? ports[at] : ports[0]) || String(usualPort);
		return { host: name === "" ? usualHost() : name, port: number("port", said, 1, 65_535) };
	});
}

function usualHost(): string {
	return (process.platform === "win32" ? undefined : socketFolders.find((folder) => existsSync(folder))) ?? "localhost";
}

function oneOf<T extends string>(name: string, value: string | undefined, known: readonly T[]): T | undefined {
	if (value === undefined || (known as readonly string[]).includes(value)) return value as T | undefined;
	throw badAddressError(name, t`it must be one of: ${known.join(", ")}`);
}

function number(name: string, value: string, least: number, most: number): number {
	const read = /^\d{1,6}$/.test(value) ? Number(value) : Number.NaN;
	if (read >= least && read <= most) return read;
	throw badAddressError(name, t`it must be a whole number from ${least} to ${most}`);
}

/** A section of the user's service file, or of the machine's. */
async function readService(name: string, variables: Variables): Promise<Parameters> {
	const { parse } = await import("ini");
	for (const file of serviceFiles(variables)) {
		const section = Object.entries(parse(textOf(file))).find(([title]) => title === name)?.[1];
		if (typeof section !== "object") continue;
		const said: Parameters = {};
		for (const [key, value] of Object.entries(section as Record<string, unknown>)) {
			if (isParameterName(key) && key !== "service" && typeof value === "string") said[key] = value;
			else if (!withoutMeaning.test(key))
				throw badAddressError(t`service ${name} in ${file}`, t`cfm has no parameter ${key}`);
		}
		return said;
	}
	throw new CfmError("not-found", "no-service", t`There is no service ${name} in a service file of PostgreSQL.`, {
		hints: [t`Check PGSERVICE, PGSERVICEFILE and the file pg_service.conf.`],
	});
}

function serviceFiles(variables: Variables): string[] {
	const own = variables.PGSERVICEFILE ?? ownFile("pg_service.conf", ".pg_service.conf", variables);
	const shared = variables.PGSYSCONFDIR ?? (process.platform === "win32" ? undefined : "/etc/postgresql-common");
	return [own, ...(shared === undefined ? [] : [join(shared, "pg_service.conf")])];
}

/** A file of the user's own that libpq knows: in `%APPDATA%\postgresql`, or in the user's folder. */
export function ownFile(onWindows: string, elsewhere: string, variables: Variables): string {
	if (process.platform === "win32") return join(variables.APPDATA ?? "", "postgresql", onWindows);
	return join(variables.HOME || userInfo().homedir, elsewhere);
}

/** What is in a file; "" when it is not there. */
function textOf(file: string): string {
	try {
		return readFileSync(file, "utf8");
	} catch (error) {
		if (refusalOf(error) === "gone") return "";
		throw fileError(error, file, "read");
	}
}

/** Whether a host is this machine: what is sent to it passes no network. */
export function isLoopback(host: string): boolean {
	return isSocket(host) || host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

export function isSocket(host: string): boolean {
	return host.startsWith("/");
}

/** A server as messages name it. */
export function nameOf({ host, port }: Endpoint): string {
	if (isSocket(host)) return port === usualPort ? host : `${host}:${port}`;
	return `${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
