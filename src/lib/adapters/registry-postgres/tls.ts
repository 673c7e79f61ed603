import { existsSync } from "node:fs";
import type { ConnectionOptions } from "node:tls";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { readSecret } from "../files/secret-file.js";
import { readRegularFile } from "../files/trusted-file.js";
import { type Endpoint, isLoopback, isSocket, nameOf, ownFile, type Target, type TlsMode } from "./target.js";

type Variables = Readonly<Record<string, string | undefined>>;

/** Loaded by whoever needs it: a socket does not. */
const tls = () => process.getBuiltinModule("node:tls");

/** What a connection is tried with, one after the other: TLS with these options, or nothing that hides what is sent. */
export type Cover = ConnectionOptions | false;

/**
 * How a server is asked, as libpq means `sslmode`. Where nobody said it, what passes a network is encrypted and the server
 * must prove its name; libpq itself would take any server.
 */
export function coversFor(target: Target, endpoint: Endpoint, variables: Variables): Cover[] {
	if (isSocket(endpoint.host)) return [false];
	const mode: TlsMode = target.tls ?? (isLoopback(endpoint.host) ? "prefer" : "verify-full");
	if (mode === "disable") return [false];
	const tls = optionsFor(mode, target, endpoint, variables);
	if (mode === "allow") return [false, tls];
	return mode === "prefer" ? [tls, false] : [tls];
}

function optionsFor(mode: TlsMode, target: Target, endpoint: Endpoint, variables: Variables): ConnectionOptions {
	const root = target.rootCertificate ?? usualFile("root.crt", variables);
	// libpq, too: whoever has a root certificate and only asks for TLS wants it to be looked at.
	const verifies = mode === "verify-ca" || mode === "verify-full" || (mode === "require" && root !== undefined);
	const own = ownCertificate(target, variables);
	if (!verifies) return { rejectUnauthorized: false, ...own };
	return {
		...(root === undefined || root === "system" ? trustedBySystem() : { ca: readRegularFile(root) }),
		rejectUnauthorized: true,
		// The driver would have a socket with an IP address be compared with another name.
		checkServerIdentity: (_, certificate) =>
			mode === "verify-full" ? tls().checkServerIdentity(endpoint.host, certificate) : undefined,
		...own,
	};
}

/** The authorities that the machine trusts, those of its domain included; of Node before 22.15 those that it comes with. */
function trustedBySystem(): Pick<ConnectionOptions, "ca"> {
	const { getCACertificates } = tls();
	if (typeof getCACertificates !== "function") return {};
	return { ca: [...new Set([...getCACertificates("default"), ...getCACertificates("system")])] };
}

function ownCertificate(target: Target, variables: Variables): Pick<ConnectionOptions, "cert" | "key"> {
	const certificate = target.certificate ?? usualFile("postgresql.crt", variables);
	if (certificate === undefined) return {};
	const key = target.key ?? usualFile("postgresql.key", variables);
	if (key !== undefined) return { cert: readRegularFile(certificate), key: readSecret(key) as Buffer };
	throw new CfmError("usage", "no-key", t`There is no key for the certificate ${certificate}.`, {
		hints: [t`Specify the key's file with sslkey.`],
	});
}

/** A file where libpq looks for it; undefined when it is not there. */
function usualFile(name: string, variables: Variables): string | undefined {
	const file = ownFile(name, `.postgresql/${name}`, variables);
	return existsSync(file) ? file : undefined;
}

/** What OpenSSL and Node say of a certificate that will not do; nothing of it gets better in a moment. */
const certificateTrouble =
	/^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_\w+|UNABLE_TO_\w+|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|ERR_(SSL|OSSL)_\w+)$/;

/** @returns undefined when something else than TLS was in the way */
export function tlsError(error: unknown, endpoint: Endpoint): CfmError | undefined {
	const { code = "", message } = error as { code?: string; message: string };
	const data = { host: nameOf(endpoint), reason: code };
	if (certificateTrouble.test(code)) {
		return new CfmError(
			"unavailable",
			"server-not-trusted",
			t`${nameOf(endpoint)} could not prove that it is the right server: ${message}.`,
			{
				data,
				cause: error,
				hints: [t`Specify who signed its certificate with sslrootcert, and the host by the name in the certificate.`],
			},
		);
	}
	if (/^The server does not support SSL connections/.test(message)) {
		return new CfmError("unavailable", "server-without-tls", t`${nameOf(endpoint)} does not offer TLS.`, {
			data,
			hints: [t`Have TLS switched on at the server. sslmode=disable sends everything in the clear.`],
		});
	}
	return undefined;
}
