import { execFileSync } from "node:child_process";
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Runs Debian's `openssl`, which made and judges all that these tests read. @returns what it printed */
export function openssl(words: readonly string[], options: { cwd?: string; input?: string | Buffer } = {}): Buffer {
	return execFileSync("openssl", words, { ...options, stdio: ["pipe", "pipe", "pipe"] });
}

/** How `openssl verify` ends, and what it says. */
export function opensslVerifies(words: readonly string[]): boolean {
	try {
		openssl(["verify", ...words]);
		return true;
	} catch {
		return false;
	}
}

export interface CertificateOptions {
	/** Lines of an extension section. */
	extensions?: readonly string[];
	/** `rsa:2048`, `ec:P-256`, `ed25519`, `rsa-pss:2048`, … */
	key?: string;
	/** `YYYYMMDDHHMMSSZ` */
	from?: string;
	until?: string;
	digest?: string;
}

export const authorityExtensions = [
	...["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"],
	...["subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"],
];
export const signerExtensions = [
	...["basicConstraints=CA:FALSE", "keyUsage=critical,digitalSignature,nonRepudiation"],
	...["extendedKeyUsage=emailProtection", "subjectKeyIdentifier=hash", "authorityKeyIdentifier=keyid"],
];

/** A certificate with its key, in files. */
export interface Made {
	name: string;
	file: string;
	keyFile: string;
	der: Buffer;
}

/** An authority as `openssl ca` keeps it, in a folder of its own. */
export class Authority {
	private constructor(
		readonly folder: string,
		readonly own: Made,
	) {}

	/** A root, signed by itself. */
	static root(folder: string, name: string, options: CertificateOptions = {}): Authority {
		return Authority.make(folder, name, undefined, options);
	}

	/** An authority below this one. */
	authority(name: string, options: CertificateOptions = {}): Authority {
		return Authority.make(this.folder, name, this, { extensions: authorityExtensions, ...options });
	}

	private static make(parent: string, name: string, by: Authority | undefined, options: CertificateOptions): Authority {
		const folder = join(parent, name);
		mkdirSync(folder);
		for (const [file, content] of Object.entries({ "index.txt": "", serial: "1000\n", crlnumber: "01\n" }))
			writeFileSync(join(folder, file), content);
		const keyFile = join(folder, "own.key");
		makeKey(keyFile, options.key ?? "rsa:2048");
		const own: Made = { name, file: join(folder, "own.pem"), keyFile, der: Buffer.alloc(0) };
		writeFileSync(join(folder, "config"), config(folder));
		const made = new Authority(folder, own);
		const itself = authorityExtensions.filter((line) => !line.startsWith("authority"));
		if (by === undefined) own.der = made.sign(own, { extensions: itself, ...options }, ["-selfsign"]);
		else own.der = by.sign(own, { extensions: authorityExtensions, ...options });
		return made;
	}

	/** A certificate for somebody. */
	issue(name: string, options: CertificateOptions = {}): Made {
		const keyFile = join(this.folder, `${name}.key`);
		makeKey(keyFile, options.key ?? "rsa:2048");
		const made: Made = { name, file: join(this.folder, `${name}.pem`), keyFile, der: Buffer.alloc(0) };
		made.der = this.sign(made, options);
		return made;
	}

	/** Another certificate for somebody who has one: the same name and key. */
	certify({ name, keyFile }: Made, options: CertificateOptions = {}): Made {
		const made: Made = { name, file: join(this.folder, `${name}-again.pem`), keyFile, der: Buffer.alloc(0) };
		made.der = this.sign(made, { extensions: authorityExtensions, ...options });
		return made;
	}

	private sign({ name, file, keyFile }: Made, options: CertificateOptions, more: readonly string[] = []): Buffer {
		const request = `${file}.csr`;
		openssl(["req", "-new", "-key", keyFile, "-subj", `/O=Example/CN=${name}`, "-out", request]);
		const extensions = `${file}.ext`;
		writeFileSync(extensions, `[own]\n${(options.extensions ?? signerExtensions).join("\n")}\n`);
		const times = ["-startdate", options.from ?? "20200101000000Z", "-enddate", options.until ?? "20400101000000Z"];
		const digest = ["-md", options.digest ?? (/^ed/.test(options.key ?? "") ? "default" : "sha256")];
		const words = ["-batch", "-notext", "-in", request, "-out", file, "-extfile", extensions, "-extensions", "own"];
		openssl(["ca", "-config", join(this.folder, "config"), ...words, ...times, ...digest, ...more]);
		return derOf(file);
	}

	/** @param reason `keyCompromise`, `certificateHold`, … */
	revoke({ file }: Made, reason = "keyCompromise"): void {
		openssl(["ca", "-config", join(this.folder, "config"), "-revoke", file, "-crl_reason", reason]);
	}

	/** A list of revocation, by default current for decades. */
	crl(
		name: string,
		{ from = "20250101000000Z", until = "20400101000000Z" } = {},
		config = join(this.folder, "config"),
	): { file: string; der: Buffer } {
		const file = join(this.folder, `${name}.crl`);
		const times = ["-crl_lastupdate", from, "-crl_nextupdate", until];
		openssl(["ca", "-config", config, "-gencrl", ...times, "-out", file]);
		return { file, der: openssl(["crl", "-in", file, "-outform", "DER"]) };
	}

	/** A list, and one that tells what came after it (RFC 5280, 5.2.4). @param happens what comes in between */
	deltaAfter(name: string, happens: () => void): Record<"base" | "delta", { file: string; der: Buffer }> {
		const number = readFileSync(join(this.folder, "crlnumber"), "utf8").trim();
		const base = this.crl(`${name}-base`);
		happens();
		const own = readFileSync(join(this.folder, "config"), "utf8");
		const indicator = `2.5.29.27 = critical,ASN1:INTEGER:0x${number}`;
		const config = join(this.folder, `${name}.config`);
		writeFileSync(config, own.replace("[list]\n", `[list]\n${indicator}\n`));
		return { base, delta: this.crl(`${name}-delta`, {}, config) };
	}

	/** Adds so many revoked serial numbers that no certificate has. */
	revokeMany(count: number): void {
		const lines = Array.from(
			{ length: count },
			(_, at) =>
				`R\t400101000000Z\t250101000000Z\t${(0x10_0000 + at).toString(16).toUpperCase()}\tunknown\t/CN=n${at}\n`,
		);
		appendFileSync(join(this.folder, "index.txt"), lines.join(""));
	}
}

function makeKey(file: string, kind: string): void {
	const [type = "", detail = ""] = kind.split(":");
	if (type === "dsa") {
		openssl([
			"genpkey",
			"-genparam",
			"-algorithm",
			"DSA",
			"-pkeyopt",
			`dsa_paramgen_bits:${detail}`,
			"-out",
			`${file}.dsa`,
		]);
		openssl(["genpkey", "-paramfile", `${file}.dsa`, "-out", file]);
		return;
	}
	const algorithm = { rsa: "RSA", "rsa-pss": "RSA-PSS", ec: "EC", ed25519: "ED25519", ed448: "ED448" }[type] ?? type;
	const option = type.startsWith("rsa")
		? [`rsa_keygen_bits:${detail}`]
		: type === "ec"
			? [`ec_paramgen_curve:${detail}`]
			: [];
	openssl(["genpkey", "-algorithm", algorithm, ...option.flatMap((one) => ["-pkeyopt", one]), "-out", file]);
}

export const derOf = (file: string): Buffer => openssl(["x509", "-in", file, "-outform", "DER"]);

/** A file as it is. */
export const contentOf = (file: string): Buffer => readFileSync(file);

function config(folder: string): string {
	return `[ca]
default_ca = own
[own]
database = ${folder}/index.txt
new_certs_dir = ${folder}
serial = ${folder}/serial
crlnumber = ${folder}/crlnumber
certificate = ${folder}/own.pem
private_key = ${folder}/own.key
default_md = sha256
policy = any
unique_subject = no
crl_extensions = list
copy_extensions = none
[list]
authorityKeyIdentifier = keyid
[any]
organizationName = optional
commonName = supplied
[req]
distinguished_name = name
[name]
`;
}
