/** The OpenSSL inside node.exe, and Windows' own stores and chain engine (Wine's), asked by the built program. */
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ask, done, machineWithCli, putProgram } from "./cli.js";
import { project } from "./provision.js";
import type { Wine } from "./setup.js";

let wine: Wine;
beforeAll(async () => {
	wine = await machineWithCli();
	for (const name of ["ana.pem", "ben.pem", "root.pem", "root.crl"])
		fs.copyFileSync(path.join(project, "test", "certificates", name), wine.path(`C:\\lane\\${name}`));
});
afterAll(() => wine?.dispose());

const verify = (name: string) =>
	ask(wine, [
		...["certs", "verify", `C:\\lane\\${name}`, "--anchor", "C:\\lane\\root.pem"],
		...["--crl", "C:\\lane\\root.crl", "--offline"],
	]);

test("a certificate is verified, with what Windows says of it beside", async () => {
	const { exitCode, result } = await verify("ana.pem");
	expect({ exitCode, valid: result.valid, reasons: result.reasons }).toEqual({ exitCode: 0, valid: true, reasons: [] });
	expect(result.system).toEqual({ engine: "Windows", valid: false, faults: ["CERT_TRUST_IS_PARTIAL_CHAIN"] });
	expect(result.revocation).toMatchObject([{ by: "crl", state: "good" }]);
});

test("one that its revocation list names is not valid", async () => {
	const { exitCode, result } = await verify("ben.pem");
	expect({ exitCode, codes: result.reasons.map(({ code }: { code: string }) => code) }).toEqual({
		...{ exitCode: 8, codes: ["revoked"] },
	});
});

test("stores of Windows are listed; one that is not there is said", async () => {
	const { certificates, total } = await done(wine, ["certs", "inspect", "--store", "machine/Root"]);
	expect(total).toBeGreaterThan(10);
	expect(certificates[0].subject).toMatch(/=/);
	expect(await done(wine, ["certs", "inspect", "--store", "user/MY"])).toMatchObject({ total: 0 });
	const { error } = await ask(wine, ["certs", "inspect", "--store", "machine/None such"]);
	expect(error).toMatchObject({ code: "store-not-readable" });
});

test("a key in the user's own store signs, and its certificate is verified there", async () => {
	putProgram(wine, "signs", "C:\\lane\\signs.exe");
	const [file, one] = ["C:\\lane\\own.cer", ["--anchor", "C:\\lane\\own.cer", "--offline"]];
	expect(await wine.exec("C:\\lane\\signs.exe", [file])).toMatchObject({ exitCode: 0, stderr: "" });
	const signed = await ask(wine, ["sign", "test", "--store", "user", ...one]);
	expect(signed.result).toMatchObject({ by: "store", source: "user", login: "windows", scheme: "rsa-pkcs1" });
	expect(signed.result.signature).toMatchObject({ integrity: "valid", signer: { subject: "CN=Ana in a store" } });
	expect(signed.exitCode).toBe(0);
	const verified = await ask(wine, ["certs", "verify", "--store", "user", ...one]);
	expect(verified.result).toMatchObject({ kind: "store", source: "user", valid: true });
	const none = await ask(wine, ["sign", "test", "--store", "machine/Root", "--fingerprint", "00", ...one]);
	expect(none.error).toMatchObject({ code: "no-certificate", data: { step: "key" } });
});
