import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Where Debian's softhsm2 puts its module. */
export const softhsmModule = "/usr/lib/softhsm/libsofthsm2.so";

export const pin = "13579";

/** A token of SoftHSM in a folder of its own, with what Debian's own programs put on it. */
export class SoftHsm {
	readonly variables: { SOFTHSM2_CONF: string };

	private constructor(private readonly folder: string) {
		this.variables = { SOFTHSM2_CONF: join(folder, "softhsm2.conf") };
	}

	/** @param label of its token, whose PIN is `pin` */
	static make(folder: string, label: string): SoftHsm {
		mkdirSync(join(folder, "tokens"), { recursive: true, mode: 0o700 });
		const made = new SoftHsm(folder);
		const lines = [
			`directories.tokendir = ${join(folder, "tokens")}`,
			"objectstore.backend = file",
			"log.level = ERROR",
		];
		writeFileSync(made.variables.SOFTHSM2_CONF, `${lines.join("\n")}\n`);
		made.run("softhsm2-util", ["--init-token", "--free", "--label", label, "--pin", pin, "--so-pin", "97531"]);
		return made;
	}

	/** OpenSC's `pkcs11-tool`, which judges what cfm says. */
	tool(...words: readonly string[]): string {
		return this.run("pkcs11-tool", ["--module", softhsmModule, ...words]);
	}

	/** Makes a key on the token. @param type `rsa:2048`, `EC:prime256v1`, `EC:edwards25519` */
	makeKey(type: string, id: string, label: string, ...more: readonly string[]): void {
		this.tool(...["--login", "--pin", pin, "--keypairgen", "--key-type", type, "--id", id, "--label", label], ...more);
	}

	/** Puts a key and its certificate on the token, both made elsewhere. */
	importKey(keyFile: string, certificateFile: string, id: string, label: string): void {
		const login = ["--login", "--pin", pin, "--id", id, "--label", label];
		this.tool(...login, "--write-object", keyFile, "--type", "privkey", "--usage-sign");
		this.tool(...login, "--write-object", certificateFile, "--type", "cert");
	}

	private run(program: string, words: readonly string[]): string {
		return execFileSync(program, words, {
			env: { PATH: process.env.PATH, HOME: this.folder, ...this.variables },
			encoding: "utf8",
			stdio: ["ignore", "pipe", "pipe"],
		});
	}
}
