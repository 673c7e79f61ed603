import type { OcspCheck, PathRequest } from "../../certificate/certificates.js";
import { WithBytes } from "../isolation/serve.js";
import { describe, describeCrls } from "./describe.js";
import { loadOpenssl } from "./library.js";
import { askOcsp, readOcsp } from "./ocsp.js";
import { verifyPaths } from "./path.js";
import { type Packed, pack, unpack } from "./requests.js";
import { take, unlock } from "./take.js";

/** Answers what a process is asked of certificates. @throws when koffi is missing, or the request is not one of ours */
export async function answerAboutCertificates(packed: Packed, bytes: Buffer): Promise<unknown> {
	const openssl = await loadOpenssl();
	const parts = unpack(packed.sizes, bytes);
	const { certificates = [], issuer: [issuer] = [], files: [file] = [] } = parts;
	const none = Buffer.alloc(0);
	switch (packed.ask) {
		case "take": {
			const { kind, ...found } = take(openssl, file ?? none);
			return withParts({ kind }, found);
		}
		case "unlock": {
			const {
				is,
				certificates: inside,
				key,
			} = unlock(openssl, file ?? none, parts.password?.[0]?.toString("utf8") ?? "");
			return withParts({ is }, { certificates: inside, key: key === null ? [] : [key] });
		}
		case "describe":
			return describe(openssl, certificates);
		case "describe-crls":
			return describeCrls(openssl, parts.crls ?? []);
		case "verify":
			return verifyPaths(openssl, pathRequestOf(packed, parts));
		case "ask-ocsp": {
			const request = askOcsp(openssl, certificates[0] ?? none, issuer ?? none);
			return withParts({}, { requests: request === null ? [] : [request] });
		}
		case "read-ocsp":
			return readOcsp(openssl, ocspCheckOf(packed, parts));
	}
}

/** An answer that holds DER. */
function withParts(value: object, parts: Record<string, readonly Buffer[]>): WithBytes {
	const { sizes, bytes } = pack(parts);
	return new WithBytes({ ...value, sizes }, bytes);
}

function pathRequestOf({ more, at = 0, revocationAt }: Packed, parts: Record<string, Buffer[]>): PathRequest {
	const { certificates = [], intermediates = [], anchors = [], crls = [] } = parts;
	const revocation = revocationAt === undefined ? {} : { revocationAt: new Date(revocationAt) };
	return {
		...(more as Omit<PathRequest, "at">),
		...{ certificates, intermediates, anchors, crls, at: new Date(at), ...revocation },
	};
}

function ocspCheckOf({ more, at = 0 }: Packed, parts: Record<string, Buffer[]>): OcspCheck {
	const none = Buffer.alloc(0);
	const { files: [answer = none] = [], certificates: [certificate = none] = [], issuer: [issuer = none] = [] } = parts;
	const { intermediates = [], anchors = [], crls = [], requests: [request] = [] } = parts;
	return {
		...{ answer, certificate, issuer, intermediates, anchors, crls, request },
		at: new Date(at),
		allowWeak: (more as { allowWeak: boolean }).allowWeak,
	};
}
