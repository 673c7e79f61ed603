/** Modules of tokens on Windows: DLLs that are really loaded, in a process of their own, by both ways of calling them. */
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Behaviour, makeModule } from "../signing/modules.js";
import { ask, cliFolder, machineWithCli } from "./cli.js";
import { project } from "./provision.js";
import type { Wine } from "./setup.js";

const compiler = "x86_64-w64-mingw32-gcc";
const system = "C:\\windows\\system32";
let wine: Wine;

beforeAll(async () => {
	// The addon for Windows is made here if the build had no compiler for it yet.
	const made = spawnSync(process.execPath, [path.join(project, "scripts", "pkcs11.mjs")], { encoding: "utf8" });
	expect(made.stderr).not.toContain("pkcs11-win32");
	wine = await machineWithCli();
});
afterAll(() => wine?.dispose());

/** A DLL where only administrators put some. @returns its path there */
function moduleOf(name: string, behaviour: Behaviour): string {
	makeModule(wine.path(system), name, behaviour, compiler);
	return `${system}\\${name}.dll`;
}

const list = async (modules: readonly string[], env: Record<string, string> = {}) => {
	const words = ["tokens", "list", ...modules.flatMap((one) => ["--module", one])];
	const { exitCode, result, warnings } = await ask(wine, words, { env: { CFM_TOKEN_TIMEOUT: "20", ...env } });
	expect(exitCode).toBe(0);
	return { modules: result.modules, warnings };
};

describe("tokens list", () => {
	test("lists a DLL's token, and names those that fail beside it", async () => {
		const cases = [
			["good", {}, "ok", 1],
			["crashes", { crash: "C_Initialize" }, "crashed", 0],
			["exits", { exit: "C_GetSlotList" }, "exited", 0],
			["ends", { crash: "C_Finalize" }, "ends-badly", 1],
			["prints", { prints: true }, "ok", 1],
		] as const;
		const paths = cases.map(([name, behaviour]) => moduleOf(name, behaviour));
		const { modules, warnings } = await list(paths);
		expect(warnings).toEqual([]);
		expect(modules.map(({ state, tokens }: { state: string; tokens: object[] }) => [state, tokens.length])).toEqual(
			cases.map(([, , state, tokens]) => [state, tokens]),
		);
		expect(modules[0].tokens[0]).toMatchObject({
			...{ slot: 7, label: "Mock", serial: "0007", manufacturer: "cfm", model: "C" },
			mechanisms: ["CKM_RSA_PKCS"],
		});
		expect(modules[1].why).toContain("0xC0000005");
	});

	test("a 32-bit DLL is named, and so is a file that is none", async () => {
		const narrow = moduleOf("narrow", {});
		const file = wine.path(narrow);
		const bytes = fs.readFileSync(file);
		bytes.writeUInt16LE(0x14c, bytes.readUInt32LE(0x3c) + 4); // IMAGE_FILE_MACHINE_I386
		fs.writeFileSync(file, bytes);
		fs.writeFileSync(wine.path(`${system}\\text.dll`), "no library\r\n");
		const { modules } = await list([narrow, `${system}\\text.dll`, `${system}\\gone.dll`]);
		expect(modules.map(({ state }: { state: string }) => state)).toEqual([
			...["wrong-architecture", "not-a-module", "missing"],
		]);
		expect(modules[0].why).toBe("it is 32-bit; cfm needs x64, as Node is");
	});
});

describe("tokens test", () => {
	test("logs in and signs, also by koffi alone, where structures are packed as Windows packs them", async () => {
		const module = moduleOf("signs", {});
		const words = ["tokens", "test", "--module", module, "--slot", "7", "--pin-file", "-"];
		const run = () => ask(wine, words, { stdin: "1234" });
		const compiled = await run();
		const addon = wine.path(`${cliFolder}\\dist\\native\\pkcs11-win32-x64.node`);
		expect(fs.existsSync(addon)).toBe(true);
		fs.renameSync(addon, `${addon}.away`);
		const byKoffi = await run();
		fs.renameSync(`${addon}.away`, addon);
		for (const { exitCode, result } of [compiled, byKoffi]) {
			// The module's signatures are wrong: they were made, and verified.
			expect(exitCode).toBe(7);
			expect(result).toMatchObject({ login: "pin", keys: [{ id: "01", type: "RSA", bits: 2048 }] });
			expect(result.keys[0].signatures).toMatchObject([{ mechanism: "CKM_RSA_PKCS", state: "wrong" }]);
		}
	});

	test("a wrong PIN ends with 5", async () => {
		const module = moduleOf("refuses", {});
		const words = ["tokens", "test", "--module", module, "--slot", "7", "--pin-file", "-"];
		expect(await ask(wine, words, { stdin: "9999" })).toMatchObject({ exitCode: 5, error: { code: "wrong-pin" } });
	});
});
