import { execFileSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** The names of the files that `makeCertificates` writes. */
export const certificateFiles = {
	/** Who signs all of the others. */
	authority: "authority.crt",
	/** A second one, which signed none of them. */
	stranger: "stranger.crt",
	server: "server.crt",
	serverKey: "server.key",
	/** The role `certified` proves who it is by this one. */
	client: "client.crt",
	clientKey: "client.key",
} as const;

/** An authority, a server `localhost` (so not 127.0.0.1), and a client. */
export function makeCertificates(folder: string): void {
	const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: folder, stdio: "pipe" });
	const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"];
	const { authority, stranger } = certificateFiles;
	for (const file of [authority, stranger]) {
		openssl("req", "-x509", ...key, "-subj", `/CN=${file}`, "-keyout", `${file}.key`, "-out", file);
	}
	for (const [name, subject, extension] of [
		["server", "localhost", "subjectAltName=DNS:localhost"],
		["client", "certified", "extendedKeyUsage=clientAuth"],
	] as const) {
		openssl("req", ...key, "-subj", `/CN=${subject}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
		const extensions = join(folder, `${name}.ext`);
		writeFileSync(extensions, `${extension}\n`);
		const by = ["-CA", authority, "-CAkey", `${authority}.key`, "-CAcreateserial"];
		openssl("x509", "-req", "-in", `${name}.csr`, ...by, "-days", "2", "-extfile", extensions, "-out", `${name}.crt`);
		chmodSync(join(folder, `${name}.key`), 0o600);
	}
}
