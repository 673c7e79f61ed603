import type {
	CertificateFacts,
	Certificates,
	OcspAnswer,
	PathFault,
} from "../../../src/lib/certificate/certificates.js";
import type { Fetched } from "../../../src/lib/certificate/fetch.js";
import type { WatchTools } from "../../../src/lib/certificate/watch.js";
import { known, unknown } from "../../../src/lib/known.js";

/** A certificate as an authority makes it for signing. */
export const anas: CertificateFacts = {
	...{ subject: "CN=Ana Silva,O=Example", issuer: "CN=Root,O=Example", serial: "1000", fingerprint: "00".repeat(32) },
	...{ notBefore: "2025-01-01T00:00:00.000Z", notAfter: "2036-01-01T00:00:00.000Z" },
	key: { type: "EC", bits: 256, curve: "prime256v1" },
	...{ signatureAlgorithm: "ecdsa-with-SHA256", isAuthority: false, isSelfIssued: false },
	...{ keyUsage: ["digitalSignature"], extendedKeyUsage: null, policies: [], names: [] },
	...{ ocsp: ["http://ocsp.example.com"], crls: [], issuers: [] },
};

/** What looks after one certificate, in which all is well until a test changes something. */
export class FakeWatch {
	leaf: CertificateFacts = anas;
	/** What is wrong with the path. */
	faults: PathFault[] = [];
	ocsp: OcspAnswer = {
		...{ is: "good", thisUpdate: "2026-03-03T00:00:00.000Z", nextUpdate: "2026-03-04T00:00:00.000Z" },
		...{ revokedAt: null, reason: null },
	};
	fetched: Fetched = { is: "answer", body: Buffer.from("answer"), type: "", date: null };
	isAnchored = true;

	tools(now: Date): WatchTools {
		const root = { ...anas, subject: anas.issuer, isSelfIssued: true };
		const certificates: Certificates = {
			take: async (file) => ({ kind: "pem", certificates: [file], crls: [] }),
			unlock: async () => ({ is: "unreadable", certificates: [], key: null }),
			describe: async (all) => all.map((der) => (der.toString() === "root" ? root : this.leaf)),
			describeCrls: async (all) => all.map(() => null),
			verify: async ({ revocation }) => {
				const noList = revocation === "none" ? [] : [{ depth: 0, code: 3 }];
				const chain = this.isAnchored ? [0, 1] : [0];
				return [{ chain, anchored: this.isAnchored, faults: [...this.faults, ...noList], revoked: [] }];
			},
			askOcsp: async () => Buffer.from("request"),
			readOcsp: async () => this.ocsp,
			close: () => {},
		};
		return {
			certificates,
			stores: {
				roots: async () => known([Buffer.from("root")]),
				certificates: async () => unknown("only Windows has certificate stores"),
				believed: async () => Buffer.from("root"),
				file: async () => Buffer.from("leaf"),
				opinion: async () => known(null),
				key: async () => unknown("no keys"),
			},
			fetch: async () => this.fetched,
			files: ["C:\\ana.pem"],
			anchors: undefined,
			now,
		};
	}
}
