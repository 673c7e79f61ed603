import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { chooseLanguage } from "../../src/language.js";
import { makeFolder } from "../folders.js";

const built = ["en", "fr", "pt-br"];
let folder: string;
let environment: NodeJS.ProcessEnv;
const choose = (words: string[] = []) => chooseLanguage(["ids", "list", ...words], environment, built);
const write = (of: "user" | "machine", values: unknown) => {
	const path = of === "user" ? join(folder, "config", "cfm") : join(folder, "home");
	writeFileSync(join(path, "config.json"), typeof values === "string" ? values : JSON.stringify(values), {
		mode: 0o600,
	});
};

beforeAll(() => {
	folder = makeFolder("language");
	for (const one of ["home", "config/cfm"]) mkdirSync(join(folder, one), { recursive: true, mode: 0o700 });
});
beforeEach(() => {
	const config = join(folder, "config");
	environment = { CFM_HOME: join(folder, "home"), XDG_CONFIG_HOME: config, APPDATA: config, HOME: folder };
	write("user", {});
	write("machine", {});
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the language is", () => {
	it("the flag's, before the variable's, the user's, the machine's and the system's", () => {
		if (process.platform !== "win32") {
			environment.LANG = "pt_BR.UTF-8";
			expect(choose()).toBe("pt-br");
		}
		write("machine", { lang: "fr" });
		expect(choose()).toBe("fr");
		write("user", { lang: "en" });
		expect(choose()).toBe("en");
		environment.CFM_LANG = "fr";
		expect(choose()).toBe("fr");
		expect(choose(["--lang", "pt-br"])).toBe("pt-br");
		expect(choose(["--lang=en"])).toBe("en");
	});

	it("no flag's behind --, and an empty variable says nothing", () => {
		environment.CFM_LANG = "";
		expect(choose(["--", "--lang", "fr"])).toBe("en");
	});

	it.each([
		["fr", "fr"],
		["FR", "fr"],
		["fr_CA.UTF-8", "fr"],
		["fr-CH", "fr"],
		["pt_BR@latin", "pt-br"],
		["pt-PT", "en"],
		["frs", "en"],
		["C", "en"],
		["POSIX", "en"],
		["de", "en"],
	])("for %s %s: the nearest that was built, else English", (wanted, chosen) => {
		environment.CFM_LANG = wanted;
		expect(choose()).toBe(chosen);
	});

	it.skipIf(process.platform === "win32")("of the system in POSIX's order", () => {
		environment.LANG = "fr_FR";
		environment.LC_ALL = "";
		expect(choose()).toBe("fr");
		environment.LC_MESSAGES = "en_GB";
		expect(choose()).toBe("en");
		environment.LC_ALL = "fr_FR";
		expect(choose()).toBe("fr");
	});

	it.each(["{", "[]", '{"lang":7}', '{"lang":{}}', '{"lang":""}', '{"lang":"no language!"}'])(
		"English when a configuration is wrong, of which the command itself speaks: %s",
		(text) => {
			write("user", text);
			expect(choose()).toBe("en");
			expect(choose(["--lang", "fr"])).toBe("fr");
		},
	);

	it("English when a flag or variable is no language", () => {
		environment.CFM_LANG = "\u0007";
		expect(choose()).toBe("en");
		expect(choose(["--lang", "!"])).toBe("en");
		expect(choose(["--lang"])).toBe("en");
	});
});
