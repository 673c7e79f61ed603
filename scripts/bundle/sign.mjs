// Authenticode signatures by osslsigncode, when a certificate is given: CFM_SIGN_CERT and CFM_SIGN_KEY name PEM files,
// CFM_SIGN_PASSWORD_FILE one with the key's password, CFM_SIGN_TSA a time stamp authority. Without one the time that a signature
// tells is SOURCE_DATE_EPOCH, so that two builds are alike.
import { execFileSync } from "node:child_process";
import { renameSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { provide } from "../provide.mjs";

/** Signs a program in its place; does nothing without a certificate. @throws when it cannot be signed */
export function sign(file) {
	const { CFM_SIGN_CERT: cert, CFM_SIGN_KEY: key, CFM_SIGN_PASSWORD_FILE: password, CFM_SIGN_TSA: tsa } = process.env;
	if (cert === undefined || key === undefined) return;
	const missing = provide(["osslsigncode"], ["osslsigncode"]);
	if (missing !== undefined) throw new Error(missing);
	const words = ["sign", "-certs", cert, "-key", key, "-h", "sha256", "-n", "cfm"];
	if (password !== undefined) words.push("-readpass", password);
	const time = process.env.SOURCE_DATE_EPOCH;
	if (tsa !== undefined) words.push("-ts", tsa);
	else if (time !== undefined) words.push("-time", time);
	execFileSync("osslsigncode", [...words, "-in", file, "-out", `${file}.signed`], {
		stdio: ["ignore", "ignore", "inherit"],
	});
	renameSync(`${file}.signed`, file);
}

/** The command line that signs the uninstaller, which NSIS makes while it makes the setup; undefined without a certificate. */
export function signingCommand() {
	if (process.env.CFM_SIGN_CERT === undefined) return undefined;
	return `"${process.execPath}" "${fileURLToPath(import.meta.url)}"`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) sign(process.argv[2]);
