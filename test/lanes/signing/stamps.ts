import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fromBER, Integer, Sequence } from "asn1js";
import { type Authority, contentOf, type Made, openssl } from "./authority.js";
import type { Host } from "./responder.js";

/** Extensions of a certificate that signs timestamps; `plain` and `more` are of some that may not. */
export const stampUsages = {
	right: "critical,timeStamping",
	plain: "timeStamping",
	more: "critical,timeStamping,emailProtection",
};
export const stampExtensions = (usage: string = stampUsages.right) => [
	"keyUsage=critical,digitalSignature",
	`extendedKeyUsage=${usage}`,
];

/** Timestamps that `openssl ts` makes, of certificates of one authority. */
export class Stamps {
	private count = 0;

	constructor(
		private readonly folder: string,
		private readonly root: Authority,
	) {}

	/** A server of them at a path. */
	serve(host: Host, path: string, signer: Made, digests?: string): void {
		host.at(path, (request, response) => response.end(this.reply(request, signer, digests)));
	}

	/** What `openssl ts` answers. */
	reply(request: Buffer, signer: Made, digests = "sha256, sha384, sha512"): Buffer {
		const at = join(this.folder, `tsa${this.count++}`);
		writeFileSync(`${at}.tsq`, request);
		writeFileSync(`${at}.serial`, "01\n");
		const lines = [
			...["[tsa]", "default_tsa = own", "[own]", `serial = ${at}.serial`, `signer_cert = ${signer.file}`],
			...[`signer_key = ${signer.keyFile}`, `certs = ${this.root.own.file}`, "default_policy = 1.2.3.4"],
			...["other_policies = 1.2.3.5", `digests = ${digests}`, "signer_digest = sha256"],
			...["accuracy = secs:1, millisecs:500", "ess_cert_id_alg = sha256"],
		];
		writeFileSync(`${at}.cnf`, `${lines.join("\n")}\n`);
		openssl(["ts", "-reply", "-config", `${at}.cnf`, "-queryfile", `${at}.tsq`, "-out", `${at}.tsr`]);
		return contentOf(`${at}.tsr`);
	}

	/** The same timestamp, signed by somebody for whom `openssl ts` would not. */
	signedAnew(answer: Buffer, signer: Made): Buffer {
		const at = join(this.folder, `anew${this.count++}`);
		writeFileSync(`${at}.tsr`, answer);
		openssl(["ts", "-reply", "-in", `${at}.tsr`, "-token_out", "-out", `${at}.token`]);
		openssl(["cms", "-verify", "-noverify", "-inform", "DER", "-in", `${at}.token`, "-out", `${at}.info`]);
		const type = ["-econtent_type", "1.2.840.113549.1.9.16.1.4", "-binary", "-nodetach", "-cades"];
		const by = ["-signer", signer.file, "-inkey", signer.keyFile, "-outform", "DER", "-out", `${at}.cms`];
		openssl(["cms", "-sign", ...type, "-in", `${at}.info`, ...by]);
		const status = new Sequence({ value: [new Integer({ value: 0 })] });
		const token = fromBER(new Uint8Array(contentOf(`${at}.cms`))).result;
		return Buffer.from(new Sequence({ value: [status, token] }).toBER(false));
	}
}
