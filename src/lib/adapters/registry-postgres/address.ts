import { CfmError } from "../../errors.js";
import { t } from "../../text.js";

/** What an address, a service file or the process environment can say of a server; names are libpq's. */
export const parameterNames = [
	...["host", "port", "dbname", "user", "target_session_attrs", "connect_timeout", "passfile", "service"],
	...["sslmode", "sslrootcert", "sslcert", "sslkey"],
] as const;

export type ParameterName = (typeof parameterNames)[number];

/** As they were said, unchecked; several hosts and their ports are parted by commas. */
export type Parameters = Partial<Record<ParameterName, string>>;

export function isParameterName(name: string): name is ParameterName {
	return (parameterNames as readonly string[]).includes(name);
}

/**
 * Reads `postgres://USER@HOST:PORT,HOST:PORT/DATABASE?NAME=VALUE`. Every part but the scheme can be left out. The folder of
 * a Unix socket is `?host=/run/postgresql`, or a host that is percent-encoded.
 *
 * What is wrong is said without the address: it might hold a password in a place where nobody looks for one.
 *
 * @throws CfmError usage `bad-registry-address`
 */
export function parseAddress(address: string): Parameters {
	const [, authority = "", path = "", query = ""] =
		/^postgres(?:ql)?:\/\/([^/?#]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/i.exec(address) ?? never(t`it is not complete`);
	const at = authority.lastIndexOf("@");
	const said: Parameters = {};
	if (at >= 0) said.user = decoded(authority.slice(0, at));
	if (path !== "") said.dbname = decoded(path);
	const hosts = authority.slice(at + 1);
	if (hosts !== "") {
		const each = hosts.split(",").map(parseHost);
		said.host = each.map(({ host }) => host).join(",");
		said.port = each.map(({ port }) => port).join(",");
	}
	for (const part of query === "" ? [] : query.split("&")) {
		const cut = part.indexOf("=");
		const name = decoded(cut < 0 ? part : part.slice(0, cut));
		if (!isParameterName(name)) {
			// A name of letters is printed; anything else could be a part of something else.
			never(/^[a-z_]{1,40}$/.test(name) ? t`cfm has no parameter ${name}` : t`a parameter has no name that cfm knows`);
		}
		if (cut < 0) never(t`the parameter ${name} has no value`);
		said[name] = decoded(part.slice(cut + 1));
	}
	return said;
}

/** A host and its port, each "" when it was left out. */
function parseHost(text: string): { host: string; port: string } {
	const [, name = "", port = ""] = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d*))?$/.exec(text) ?? never(t`a host is misspelled`);
	const host = decoded(name);
	if (host === "" || host.startsWith("/")) return { host, port };
	const url = /^[\p{L}\p{N}._-]+$|^\[[\da-f:.]+\]$/iu.test(host) ? URL.parse(`postgres://${host}`) : null;
	if (url === null) never(t`a host is misspelled`);
	return { host: host.replace(/^\[|\]$/g, ""), port };
}

function decoded(text: string): string {
	try {
		const plain = decodeURIComponent(text);
		return /\p{Cc}/u.test(plain) ? never(t`control characters are not allowed`) : plain;
	} catch (error) {
		if (error instanceof URIError) never(t`a % is not followed by two hexadecimal digits`);
		throw error;
	}
}

function never(problem: string): never {
	throw badAddressError(t`the address of the registry`, problem);
}

/** @param where what said it: the address, a variable, a file */
export function badAddressError(where: string, problem: string): CfmError {
	return new CfmError("usage", "bad-registry-address", t`Can't use ${where}: ${problem}.`, {
		hints: [t`An address is postgres://USER@HOST:PORT/DATABASE. docs/postgresql.md lists the parameters.`],
	});
}
