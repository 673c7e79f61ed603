import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { atTerminal, cfm, enter, json, root } from "../../e2e/cfm.js";
import { makeFolder } from "../../folders.js";
import { makeScene, type Scene } from "../../shape/scene.js";
import { openssl } from "./authority.js";
import { makeModule } from "./modules.js";
import { pin, SoftHsm, softhsmModule } from "./softhsm.js";

// Tokens as they are: SoftHSM, whose objects pkcs11-tool makes and judges; and a module in C for what SoftHSM never does.

let folder: string;
let scene: Scene;
let hsm: SoftHsm;
let slot: string;
let pinFile: string;

const asked = (words: readonly string[], input?: string) =>
	json(scene, words, { environment: hsm.variables, ...(input === undefined ? {} : { input }) });
const token = (...more: readonly string[]) => ["--module", softhsmModule, "--slot", slot, ...more];

beforeAll(async () => {
	// The addon is made here if the build had no compiler yet.
	const made = spawnSync(process.execPath, [join(root, "scripts", "pkcs11.mjs")], { encoding: "utf8" });
	expect(made.stderr).not.toContain("pkcs11-linux");
	folder = makeFolder("signing");
	scene = makeScene();
	hsm = SoftHsm.make(join(folder, "hsm"), "Ana's token");
	hsm.makeKey("rsa:2048", "05", "each time", "--always-auth");
	hsm.makeKey("EC:secp384r1", "06", "without certificate");
	hsm.makeKey("EC:edwards25519", "07", "edwards");
	for (const [id, key] of [
		["01", "rsa:2048"],
		["02", "EC"],
	] as const) {
		const [keyFile, file] = [join(folder, `${id}.key`), join(folder, `${id}.pem`)];
		const kind = key === "EC" ? ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] : ["-newkey", key];
		openssl(["req", "-x509", ...kind, "-nodes", "-keyout", keyFile, "-out", file, "-subj", `/CN=Ana ${id}`]);
		openssl(["x509", "-in", file, "-outform", "DER", "-out", `${file}.der`]);
		openssl(["pkey", "-in", keyFile, "-outform", "DER", "-out", `${keyFile}.der`]);
		hsm.importKey(`${keyFile}.der`, `${file}.der`, id, `ana ${id}`);
	}
	const { result } = await asked(["tokens", "list", "--module", softhsmModule]);
	slot = String(result.modules[0].tokens.find((one: { label: string }) => one.label === "Ana's token").slot);
	pinFile = join(scene.work, "pin");
	writeFileSync(pinFile, `${pin}\n`, { mode: 0o600 });
});

afterAll(() => {
	scene?.remove();
	if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

describe("SoftHSM", () => {
	test("is listed as pkcs11-tool lists it: label, serial number, mechanisms", async () => {
		const { ok, result, warnings } = await asked(["tokens", "list", "--module", softhsmModule]);
		expect({ ok, warnings, total: result.total }).toEqual({ ok: true, warnings: [], total: 1 });
		const [module] = result.modules;
		expect(Object.keys(module)).toEqual(["path", "state", "why", "tokens"]);
		expect(module).toMatchObject({ path: softhsmModule, state: "ok", why: null });
		const one = module.tokens.find(({ label }: { label: string }) => label === "Ana's token");
		expect(Object.keys(one)).toEqual(["slot", "label", "serial", "manufacturer", "model", "flags", "mechanisms"]);
		const slots = hsm.tool("--list-token-slots");
		expect(slots).toContain(`serial num         : ${one.serial}`);
		expect(slots).toContain(`token manufacturer : ${one.manufacturer}`);
		expect(slots).toContain(`token model        : ${one.model}`);
		const told = [...hsm.tool("--slot", slot, "--list-mechanisms").matchAll(/^ {2}([\w-]+)/gm)].map(([, name]) => name);
		expect(one.mechanisms).toHaveLength(told.length);
		for (const name of ["RSA-PKCS", "RSA-PKCS-PSS", "ECDSA", "EDDSA", "SHA256-RSA-PKCS"]) {
			expect(told).toContain(name);
			expect(one.mechanisms).toContain(`CKM_${name.replaceAll("-", "_")}`);
		}
	});

	test("is found where modules usually are, beside OpenSC, which has no reader here", async () => {
		const { result } = await asked(["tokens", "list"]);
		const states = Object.fromEntries(
			result.modules.map(({ path, state, tokens }: { path: string; state: string; tokens: object[] }) => [
				path,
				[state, tokens.length > 0],
			]),
		);
		expect(states).toMatchObject({
			[softhsmModule]: ["ok", true],
			"/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so": ["ok", false],
		});
	});

	test("shows what everybody may see without a PIN, and asks for none", async () => {
		const { ok, result } = await asked(["tokens", "show", ...token()]);
		expect(ok).toBe(true);
		expect(result).toMatchObject({
			label: "Ana's token",
			pin: { least: 4, most: 255 },
			manufacturer: "SoftHSM project",
		});
		expect(result.objects).toContainEqual(
			expect.objectContaining({ kind: "certificate", id: "01", label: "ana 01", subject: "CN=Ana 01" }),
		);
		expect(result.objects.filter(({ kind }: { kind: string }) => kind === "private-key")).toEqual([]);
	});

	test("its certificates are inspected and verified, one by its ID, without a PIN", async () => {
		expect((await asked(["certs", "inspect", ...token("--id", "02")])).result).toMatchObject({
			kind: "token",
			total: 1,
		});
		const anchor = ["--anchor", join(folder, "01.pem"), "--offline"];
		const { result } = await asked(["certs", "verify", ...token("--id", "01", ...anchor)]);
		expect(result).toMatchObject({ file: null, source: softhsmModule, kind: "token", valid: true, total: 1 });
		const other = await asked(["certs", "verify", ...token("--id", "02", ...anchor)]);
		expect(other.result).toMatchObject({ valid: false, reasons: [{ code: "self-signed" }] });
		const { error } = await asked(["certs", "verify", ...token(...anchor)]);
		expect(error).toMatchObject({ kind: "usage", code: "several-certificates" });
		expect(error.hints.join(" ")).toContain("--fingerprint");
		const named = await asked(["certs", "verify", ...token("--fingerprint", result.chain[0].fingerprint, ...anchor)]);
		expect(named.result).toMatchObject({ valid: true });
		expect((await asked(["certs", "verify", join(folder, "01.pem"), ...token()])).error.code).toBe("one-source");
	});

	test("signs with every key by every scheme, and the signatures verify", async () => {
		const { ok, result } = await asked(["tokens", "test", ...token("--pin-file", pinFile)]);
		expect(ok).toBe(true);
		const keys = Object.fromEntries(result.keys.map((key: { id: string }) => [key.id, key]));
		const tried = (id: string) =>
			keys[id].signatures.map(({ scheme, mechanism, state }: Record<string, string>) => [scheme, mechanism, state]);
		const rsa = [
			["rsa-pkcs1", "CKM_RSA_PKCS", "good"],
			["rsa-pss", "CKM_RSA_PKCS_PSS", "good"],
		];
		expect(tried("01")).toEqual(rsa);
		expect(tried("05")).toEqual(rsa);
		expect(tried("02")).toEqual([["ecdsa", "CKM_ECDSA", "good"]]);
		expect(tried("06")).toEqual([["ecdsa", "CKM_ECDSA", "good"]]);
		expect(tried("07")).toEqual([["eddsa", "CKM_EDDSA", "good"]]);
		expect(result).toMatchObject({ login: "pin", endsBadly: null, total: 5 });
		expect(keys["01"]).toMatchObject({ bits: 2048, certificate: { subject: "CN=Ana 01" }, alwaysAuthenticate: false });
		// A key without a certificate is noted, and no failure.
		expect(keys["06"]).toMatchObject({ certificate: null });
		expect(keys["05"]).toMatchObject({ alwaysAuthenticate: true });
	});

	test("signs by koffi as well, where pkcs11js was not compiled, and says so", async () => {
		const copy = join(folder, "copy");
		for (const name of ["bin", "dist"]) cpSync(join(root, name), join(copy, name), { recursive: true });
		for (const name of readdirSync(join(copy, "dist", "native")))
			if (name.startsWith("pkcs11-")) rmSync(join(copy, "dist", "native", name));
		const script = join(copy, "bin", "run.cjs");
		const options = { environment: hsm.variables, script };
		const listed = await json(scene, ["tokens", "list", "--module", softhsmModule], options);
		const compiled = await asked(["tokens", "list", "--module", softhsmModule]);
		expect(listed.result).toEqual(compiled.result);
		expect(listed.warnings).toEqual([expect.stringContaining("koffi")]);
		const shown = await json(scene, ["tokens", "show", ...token()], options);
		expect(shown.result).toEqual((await asked(["tokens", "show", ...token()])).result);
		const { ok, result } = await json(scene, ["tokens", "test", ...token("--pin-file", pinFile)], options);
		expect(ok).toBe(true);
		const states = result.keys.flatMap(({ signatures }: { signatures: { state: string }[] }) => signatures);
		expect(states.map(({ state }: { state: string }) => state)).toEqual(Array(7).fill("good"));
	});

	test("takes the PIN from standard input, and one key by its ID", async () => {
		const { ok, result } = await asked(
			["tokens", "test", ...token("--id", "02", "--pin-file", "-")],
			`${pin}\r\nmore\n`,
		);
		expect(ok).toBe(true);
		expect(result.keys.map(({ id }: { id: string }) => id)).toEqual(["02"]);
		const none = await asked(["tokens", "test", ...token("--id", "ff", "--pin-file", "-")], pin);
		expect([none.code, none.error.code]).toEqual([3, "no-such-key"]);
	});

	test("takes the PIN as PowerShell writes it, with the mark of an encoding", async () => {
		for (const [name, bytes] of [
			["utf8", Buffer.from(`\ufeff${pin}\r\n`)],
			["utf16", Buffer.from(`\ufeff${pin}\r\n`, "utf16le")],
		] as const) {
			const file = join(scene.work, name);
			writeFileSync(file, bytes, { mode: 0o600 });
			const { result } = await asked(["tokens", "test", ...token("--id", "02", "--pin-file", file)]);
			expect([name, result?.login]).toEqual([name, "pin"]);
		}
	});

	test("asks for the PIN at a terminal, and shows it to nobody", async () => {
		const line = `cfm tokens test ${token("--id", "01").join(" ")}`;
		const { code, screen } = await atTerminal(scene, line, [["PIN of the token Ana's token", `${pin}${enter}`]], {
			environment: hsm.variables,
		});
		expect(code).toBe(0);
		expect(screen).toContain("good");
		expect(screen).not.toContain(pin);
	});

	test("a wrong PIN ends with 5, and what the token says of its tries is told", async () => {
		const { code, error } = await asked(["tokens", "test", ...token("--pin-file", "-")], "24680");
		expect([code, error.kind, error.code]).toEqual([5, "denied", "wrong-pin"]);
		expect(error.message).toBe("The PIN of the token Ana's token is wrong. Few tries are left.");
		expect(error.data).toMatchObject({ returned: "CKR_PIN_INCORRECT", call: "C_Login" });
		const shown = await asked(["tokens", "show", ...token()]);
		expect(shown.result.flags).toContain("CKF_USER_PIN_COUNT_LOW");
		// The right one sets the count back.
		expect((await asked(["tokens", "test", ...token("--id", "02", "--pin-file", pinFile)])).ok).toBe(true);
	});

	test("a PIN is in no output, no log and no error", async () => {
		for (const typed of [pin, "86420987"]) {
			const words = ["tokens", "test", ...token("--id", "02", "--pin-file", "-", "--verbose")];
			const { out, err } = await cfm(scene, words, { environment: hsm.variables, input: typed });
			expect(err).toContain("tokens");
			expect(out + err).not.toContain(typed);
			const hex = Buffer.from(typed).toString("hex");
			expect(out + err).not.toContain(hex);
		}
		expect((await asked(["tokens", "test", ...token("--id", "02", "--pin-file", pinFile)])).ok).toBe(true);
	});

	test("a file that others can read holds no PIN, and without one nobody is asked off a terminal", async () => {
		const open = join(scene.work, "open");
		writeFileSync(open, pin);
		chmodSync(open, 0o644);
		const refused = await asked(["tokens", "test", ...token("--pin-file", open)]);
		expect([refused.code, refused.error.code]).toEqual([5, "open-to-others"]);
		const nobody = await asked(["tokens", "test", ...token()]);
		expect([nobody.code, nobody.error.code]).toEqual([2, "pin-needed"]);
		const empty = await asked(["tokens", "test", ...token("--pin-file", "-")], "\n");
		expect([empty.code, empty.error.code]).toEqual([2, "no-pin"]);
	});

	test("a slot without a token and one that is not there are told apart", async () => {
		const words = (one: string) => ["tokens", "show", "--module", softhsmModule, "--slot", one];
		expect((await asked(words("4000000000"))).error).toMatchObject({ code: "no-such-slot" });
	});
});

describe("modules that fail", () => {
	let modules: string;
	beforeAll(() => {
		modules = join(folder, "modules");
		mkdirSync(modules, { mode: 0o755 });
		chmodSync(folder, 0o755);
	});

	/** As many processes as modules; what hangs takes its whole second. */
	const list = async (files: readonly string[]) => {
		const words = ["tokens", "list", ...files.flatMap((file) => ["--module", file])];
		const environment = { ...hsm.variables, CFM_TOKEN_TIMEOUT: "3" };
		const { code, result } = await json(scene, words, { environment });
		expect(code).toBe(0);
		expect(result.total).toBe(files.length);
		return result.modules as { path: string; state: string; why: string | null; tokens: object[] }[];
	};

	test("are named, with the call, and all others are listed", async () => {
		const cases = {
			"crash-load": [{ crash: "load" }, "crashed", /while it was loaded/, 0],
			"crash-init": [{ crash: "C_Initialize" }, "crashed", /SIGSEGV.*in C_Initialize/, 0],
			"crash-slots": [{ crash: "C_GetSlotList" }, "crashed", /SIGSEGV.*in C_GetSlotList/, 0],
			"crash-token": [{ crash: "C_GetTokenInfo" }, "crashed", /in C_GetTokenInfo/, 0],
			"crash-end": [{ crash: "C_Finalize" }, "ends-badly", /SIGSEGV.*in C_Finalize/, 1],
			"crash-exit": [{ crash: "exit" }, "ends-badly", /SIGSEGV.*when its process ended/, 1],
			"hang-load": [{ hang: "load" }, "timed-out", /no answer within 3 s, while it was loaded/, 0],
			"hang-init": [{ hang: "C_Initialize" }, "timed-out", /in C_Initialize/, 0],
			"hang-slots": [{ hang: "C_GetSlotList" }, "timed-out", /in C_GetSlotList/, 0],
			"hang-end": [{ hang: "C_Finalize" }, "ends-badly", /no answer within 3 s, in C_Finalize/, 1],
			"exit-load": [{ exit: "load" }, "exited", /exit code 0, while it was loaded/, 0],
			"exit-slots": [{ exit: "C_GetSlotList" }, "exited", /exit code 0, in C_GetSlotList/, 0],
			aborts: [{ abort: "C_GetTokenInfo" }, "crashed", /SIGABRT/, 0],
			"null-list": [{ nullList: true }, "crashed", /in C_Initialize/, 0],
			lies: [{ slots: "2147483648UL" }, "crashed", /says that there are more than memory holds/, 0],
			prints: [{ prints: true }, "ok", null, 1],
			empty: [{ empty: true }, "ok", null, 0],
			good: [{}, "ok", null, 1],
		} as const;
		const files = Object.entries(cases).map(([name, [behaviour]]) => makeModule(modules, name, behaviour));
		const listed = await list([...files, softhsmModule]);
		const rows = Object.values(cases);
		for (const [at, [, state, why, tokens]] of rows.entries()) {
			const told = listed[at];
			expect([told?.path, told?.state, told?.tokens.length]).toEqual([files[at], state, tokens]);
			if (why === null) expect(told?.why).toBeNull();
			else expect(told?.why).toMatch(why);
		}
		expect(listed.at(-1)).toMatchObject({ path: softhsmModule, state: "ok" });
	});

	test("are not loaded when they are for another processor, no library, or not there", async () => {
		const file = makeModule(modules, "narrow", {});
		const bytes = readFileSync(file);
		bytes[4] = 1; // ELFCLASS32
		bytes.writeUInt16LE(3, 18); // EM_386
		writeFileSync(file, bytes);
		const text = join(modules, "text.so");
		writeFileSync(text, "no library\n");
		const plain = join(modules, "plain.so");
		copyFileSync("/lib/x86_64-linux-gnu/libdl.so.2", plain);
		const listed = await list([file, text, plain, join(modules, "gone.so"), modules, softhsmModule]);
		expect(listed.map(({ state, why }) => [state, why])).toEqual([
			["wrong-architecture", "it is 32-bit; cfm needs x64, as Node is"],
			["not-a-module", "it is damaged, or no library"],
			["not-a-module", "it is no PKCS#11 module: it has no C_GetFunctionList"],
			["missing", "there is no such file"],
			["missing", "it is not a file"],
			["ok", null],
		]);
	});

	test("are not loaded by root where another user could have put them", async () => {
		const open = join(folder, "open");
		mkdirSync(open);
		chmodSync(open, 0o777);
		const file = makeModule(open, "anybodys", { crash: "load" });
		const own = makeModule(modules, "writable", { crash: "load" });
		chmodSync(own, 0o666);
		const listed = await list([file, own]);
		expect(listed.map(({ state }) => state)).toEqual(["not-trusted", "not-trusted"]);
		expect(listed[0]?.why).toContain(`${open} can be written by other users`);
		const opened = await json(scene, ["tokens", "show", "--module", file, "--slot", "7"]);
		expect([opened.code, opened.error.code]).toEqual([5, "module-not-trusted"]);
	});

	test("in a call for a token end with 7, and with the call", async () => {
		for (const [behaviour, code] of [
			[{ crash: "C_Login" }, "module-crashed"],
			[{ hang: "C_Sign" }, "module-timed-out"],
			[{ exit: "C_FindObjects" }, "module-exited"],
		] as const) {
			const file = makeModule(modules, code, behaviour);
			const words = ["tokens", "test", "--module", file, "--slot", "7", "--pin-file", "-"];
			const ran = await json(scene, words, { environment: { CFM_TOKEN_TIMEOUT: "3" }, input: "1234" });
			expect([ran.code, ran.error.code]).toEqual([7, code]);
			expect(ran.error.data.step).toBe(Object.values(behaviour)[0]);
		}
	});

	describe("the PIN", () => {
		const usual = "CKF_LOGIN_REQUIRED|CKF_USER_PIN_INITIALIZED";
		const run = (flags: string, input: string, ...more: readonly string[]) => {
			const file = makeModule(modules, "pin", { flags });
			const words = ["tokens", "test", "--module", file, "--slot", "7", "--pin-file", "-", ...more];
			return json(scene, words, { input });
		};

		test("is not tried when it is locked", async () => {
			const { code, error } = await run(`${usual}|CKF_USER_PIN_LOCKED`, "1234");
			expect([code, error.code]).toEqual([5, "pin-locked"]);
			expect(error.message).toContain("it was not tried");
		});

		test("is not tried on the last try, unless that was allowed; and then it may be locked", async () => {
			const last = `${usual}|CKF_USER_PIN_COUNT_LOW|CKF_USER_PIN_FINAL_TRY`;
			const { code, error } = await run(last, "1234");
			expect([code, error.code]).toEqual([5, "last-try"]);
			const wrong = await run(last, "9999", "--allow-last-try");
			expect([wrong.code, wrong.error.code]).toEqual([5, "wrong-pin"]);
			expect(wrong.error.message).toContain("It is locked now.");
			// The mock's signatures are wrong: it got as far as signing.
			const right = await run(last, "1234", "--allow-last-try");
			expect([right.code, right.error.code]).toEqual([7, "token-test-failed"]);
		});

		test("is entered at the reader where that has a keypad: none is read or sent", async () => {
			const pad = `${usual}|CKF_PROTECTED_AUTHENTICATION_PATH`;
			const { result, error } = await run(pad, "");
			expect(result.login).toBe("pin-pad");
			// The key wants it each time, again at the reader; the mock's signatures are wrong.
			expect(result.keys[0]).toMatchObject({ alwaysAuthenticate: true, certificate: null });
			expect(result.keys[0].signatures).toMatchObject([{ state: "wrong", mechanism: "CKM_RSA_PKCS" }]);
			expect(error.code).toBe("token-test-failed");
		});

		test("that was never set, or is not wanted, is not tried", async () => {
			expect((await run("CKF_LOGIN_REQUIRED", "1234")).error.code).toBe("pin-not-set");
			expect((await run("0", "")).result.login).toBe("not-needed");
		});
	});
});
