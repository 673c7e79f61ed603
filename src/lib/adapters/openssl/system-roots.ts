import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import tls from "node:tls";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";

/** Where Linux distributions keep the certificates that they believe, in one file. */
const bundles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

/** What this system believes, in DER. */
export function systemRoots(): Known<Buffer[]> {
	try {
		return known(pems().flatMap(derOf));
	} catch (error) {
		return unknown(t`the certificates that this system trusts can't be read (${String(error)})`);
	}
}

/** Node has asked the system since 22.15. */
function pems(): readonly string[] {
	const { getCACertificates } = tls as typeof tls & { getCACertificates?(kind: "system"): string[] };
	if (getCACertificates !== undefined && process.platform === "win32") return getCACertificates("system");
	for (const file of bundles) {
		try {
			const text = readFileSync(file, "latin1");
			return text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
		} catch {
			// Each distribution has one of them.
		}
	}
	return getCACertificates?.("system") ?? [];
}

/** Administrators own these files, but what is no certificate is none. */
function derOf(pem: string): Buffer[] {
	try {
		return [new X509Certificate(pem).raw];
	} catch {
		return [];
	}
}
