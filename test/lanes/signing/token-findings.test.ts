import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { lookAtMachine, megabyte, moduleCages } from "../../../src/lib/adapters/isolation/cage.js";
import { newReader } from "../../../src/lib/adapters/isolation/early.js";
import { tokensHere } from "../../../src/lib/adapters/pkcs11/modules.js";
import { runProbes } from "../../../src/lib/finding/run.js";
import { lookAtModules } from "../../../src/lib/token/list.js";
import { tokenProbes } from "../../../src/lib/token/probes.js";
import { bothWays } from "../../both-ways.js";
import { json, root } from "../../e2e/cfm.js";
import { makeFolder } from "../../folders.js";
import { makeScene } from "../../shape/scene.js";
import { openssl } from "./authority.js";
import { type Behaviour, makeModule } from "./modules.js";
import { SoftHsm, softhsmModule } from "./softhsm.js";

// What doctor says of tokens, each on a module that is really loaded: SoftHSM, OpenSC, and one in C.

const usual = "CKF_LOGIN_REQUIRED|CKF_USER_PIN_INITIALIZED";
let folder: string;
let variables: NodeJS.ProcessEnv;
let hsm: SoftHsm;

/** The module that is looked at. */
interface Part {
	module: string;
}

beforeAll(() => {
	folder = makeFolder("token-findings");
	hsm = SoftHsm.make(join(folder, "hsm"), "Ana");
	// Nobody's smart card service, whatever this machine has.
	process.env.PCSCLITE_CSOCK_NAME = join(folder, "nobody");
	variables = { ...process.env, ...hsm.variables };
	const [key, file] = [join(folder, "key"), join(folder, "pem")];
	openssl(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", file, "-subj", "/CN=Ana"]);
	openssl(["x509", "-in", file, "-outform", "DER", "-out", `${file}.der`]);
	openssl(["pkey", "-in", key, "-outform", "DER", "-out", `${key}.der`]);
	hsm.importKey(`${key}.der`, `${file}.der`, "01", "ana");
});
afterAll(() => {
	delete process.env.PCSCLITE_CSOCK_NAME;
	rmSync(folder, { recursive: true, force: true });
});

/** What the checks say when one module is all that this machine has. */
async function look({ module }: Part, id: string) {
	const script = [join(root, "bin", "reader.cjs"), "token.cjs", "500"];
	const ways = moduleCages(lookAtMachine(script), 500 * megabyte, { variables });
	const tokens = tokensHere({ ways, start: newReader }, { seconds: 3 }, variables);
	const sources = {
		tokens: async () => tokens,
		modules: async () => lookAtModules(tokens, [module]),
	};
	const { checks } = await runProbes(tokenProbes, { sources, wanted: (one) => one === id, seconds: 60 });
	return checks.find((check) => check.id === id)?.state;
}

const softhsm = (): Part => ({ module: softhsmModule });
let made = 0;
const becomes = (behaviour: Behaviour) => (part: Part) => {
	made += 1;
	part.module = makeModule(folder, `m${made}`, behaviour);
};

describe("modules", () => {
	bothWays("CFM-TOKEN-001", {
		make: softhsm,
		provoke(part) {
			part.module = join(folder, "gone.so");
		},
		look,
	});

	bothWays("CFM-TOKEN-002", {
		make: softhsm,
		provoke(part) {
			becomes({})(part);
			const bytes = readFileSync(part.module);
			bytes[4] = 1; // ELFCLASS32
			bytes.writeUInt16LE(3, 18); // EM_386
			writeFileSync(part.module, bytes);
		},
		look,
	});

	bothWays("CFM-TOKEN-003", { make: softhsm, provoke: becomes({ crash: "C_Initialize" }), look });
	bothWays("CFM-TOKEN-004", { make: softhsm, provoke: becomes({ crash: "C_Finalize" }), look });

	bothWays("CFM-TOKEN-005", {
		make: softhsm,
		provoke(part) {
			const open = join(folder, "open");
			mkdirSync(open, { recursive: true });
			chmodSync(open, 0o777);
			part.module = makeModule(open, "anybodys", { crash: "load" });
		},
		look,
	});
});

/** What the built program says, where these modules are in the settings. */
async function doctor(modules: string[], seconds: number, ...words: string[]) {
	const scene = makeScene();
	onTestFinished(() => scene.remove());
	const settings = { CFM_TOKEN_MODULES: modules.join(":"), CFM_TOKEN_TIMEOUT: String(seconds) };
	const environment = { ...settings, PCSCLITE_CSOCK_NAME: join(folder, "nobody") };
	const { code, result } = await json(scene, ["doctor", ...words], { environment });
	const state = (id: string) => result.checks.find((check: { id: string }) => check.id === id)?.state;
	const paths = result.findings.flatMap((one: { id: string; evidence: { path?: string } }) =>
		one.id === "CFM-TOKEN-003" ? [one.evidence.path] : [],
	);
	return { code, state, paths, ids: result.findings.map(({ id }: { id: string }) => id) };
}

describe("a module that hangs", () => {
	const hanging = () => makeModule(folder, "hangs", { hang: "C_Initialize" });

	it("is told once its time is over, and harms neither another module nor another check", async () => {
		const module = hanging();
		const good = makeModule(folder, "good", { flags: `${usual}|CKF_USER_PIN_LOCKED` });
		const { code, state, paths } = await doctor([module, good], 1, "--group", "token");
		expect(paths).toEqual([module]);
		expect(["CFM-TOKEN-001", "CFM-TOKEN-003", "CFM-TOKEN-010"].map(state)).toEqual(["fine", "found", "found"]);
		expect(code).toBe(8);
	});

	it("ends with its check where that has less time, and cfm waits for it no longer", async () => {
		const only = ["CFM-TOKEN-003", "CFM-MACHINE-002"].flatMap((id) => ["--only", id]);
		const { code, state, ids } = await doctor([hanging()], 3600, ...only, "--timeout", "1");
		expect(["CFM-TOKEN-003", "CFM-MACHINE-002"].map(state)).toEqual(["crashed", "found"]);
		expect(ids).toContain("CFM-CHECK-001");
		expect(code).toBe(8);
	});
});

describe("readers", () => {
	const opensc = (part: Part) => {
		part.module = "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so";
	};
	bothWays("CFM-TOKEN-006", { make: softhsm, provoke: opensc, look });
	bothWays("CFM-TOKEN-007", { make: softhsm, provoke: opensc, look });
});

describe("PINs", () => {
	const good = (): Part => {
		const part = { module: "" };
		becomes({})(part);
		return part;
	};
	bothWays("CFM-TOKEN-008", { make: good, provoke: becomes({ flags: `${usual}|CKF_USER_PIN_COUNT_LOW` }), look });
	bothWays("CFM-TOKEN-009", { make: good, provoke: becomes({ flags: `${usual}|CKF_USER_PIN_FINAL_TRY` }), look });
	bothWays("CFM-TOKEN-010", { make: good, provoke: becomes({ flags: `${usual}|CKF_USER_PIN_LOCKED` }), look });
	bothWays("CFM-TOKEN-011", { make: good, provoke: becomes({ flags: `${usual}|CKF_USER_PIN_TO_BE_CHANGED` }), look });
});

describe("keys", () => {
	bothWays("CFM-TOKEN-012", {
		make: softhsm,
		provoke: () => hsm.makeKey("EC:secp384r1", "06", "without certificate"),
		look,
	});
	bothWays("CFM-TOKEN-013", { make: softhsm, provoke: becomes({}), look });
});
