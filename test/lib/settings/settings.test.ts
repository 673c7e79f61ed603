import { describe, expect, it } from "vitest";
import {
	checkSetting,
	listSettings,
	lookUp,
	parseSettingKey,
	type SettingKey,
	type SettingSources,
	settingDefinitions,
} from "../../../src/lib/settings/settings.js";
import { failure } from "../failure.js";
import { expectRunnable } from "../hints.js";

const none: SettingSources = { variables: {}, defaultRegistry: "/var/lib/cfm/registry.db" };
const user = (values: Record<string, unknown>) => ({ path: "/home/ana/.config/cfm/config.json", values });
const machine = (values: Record<string, unknown>) => ({ path: "/etc/cfm/config.json", values });

describe("a setting comes from", () => {
	/** All five sources; a test takes them away one by one, the strongest first. */
	const all: SettingSources = {
		flags: { environment: "of-flag" },
		variables: { CFM_ENVIRONMENT: "of-variable" },
		user: user({ environment: "of-user" }),
		machine: machine({ environment: "of-machine" }),
		defaultRegistry: "/var/lib/cfm/registry.db",
	};
	const { flags: _, ...withoutFlag } = all;
	const withoutVariable = { ...withoutFlag, variables: {} };
	const withoutUser = { ...withoutVariable, user: undefined };

	it.each<[string, SettingSources, string, string | null]>([
		["flag", all, "of-flag", null],
		["environment", withoutFlag, "of-variable", "CFM_ENVIRONMENT"],
		["user", withoutVariable, "of-user", "/home/ana/.config/cfm/config.json"],
		["machine", withoutUser, "of-machine", "/etc/cfm/config.json"],
		["default", none, "default", null],
	])("the %s when nothing stronger says it", (source, sources, value, origin) => {
		expect(lookUp("environment", sources)).toMatchObject({ key: "environment", source, value, origin });
	});

	it("the next source when a flag was not given, a variable is empty, or a file has other keys only", () => {
		const sources: SettingSources = {
			flags: { environment: undefined },
			variables: { CFM_ENVIRONMENT: "" },
			user: user({ registry: "/x.db" }),
			machine: machine({ environment: "of-machine" }),
			defaultRegistry: "",
		};
		expect(lookUp("environment", sources)).toMatchObject({ source: "machine", value: "of-machine" });
	});

	it("nowhere, when there is no default", () => {
		expect(lookUp("install.installer", none)).toMatchObject({ source: "default", value: null, origin: null });
		expect(lookUp("registry", none)).toMatchObject({ source: "default", value: "/var/lib/cfm/registry.db" });
	});
});

describe("the list of settings", () => {
	it("has every one, with its summary", () => {
		const list = listSettings({ ...none, variables: { CFM_INSTALL_RETRIES: "7" } });
		expect(list.map(({ key }) => key)).toEqual(Object.keys(settingDefinitions));
		expect(list.every(({ summary }) => summary.length > 5)).toBe(true);
		expect(list.find(({ key }) => key === "install.retries")).toMatchObject({ value: "7", source: "environment" });
	});

	it("has one variable each, all of them CFM_*", () => {
		const variables = Object.values(settingDefinitions).map(({ variable }) => variable);
		expect(new Set(variables).size).toBe(variables.length);
		for (const variable of variables) expect(variable).toMatch(/^CFM_[A-Z0-9_]+$/);
	});
});

describe("a value", () => {
	it.each<[SettingKey, string]>([
		["install.timeout", "1"],
		["install.timeout", "86400"],
		["install.retries", "0"],
		["ids.ignore-ports", "yes"],
		["ids.ignore-ports", "no"],
		["install.sha256", "AB".repeat(32)],
		["doctor.directory-servers", "ldap.example:389, ldap2.example:389"],
		["install.installer", "C:\\Program Files\\ü\\certifio-manager-se.exe"],
		["environment", "lab"],
	])("of %s can be %s", (key, value) => expect(checkSetting(key, value, "here")).toBe(value));

	it.each<[SettingKey, string]>([
		["install.timeout", "0"],
		["install.timeout", "86401"],
		["install.timeout", "-1"],
		["install.timeout", "1.5"],
		["install.timeout", "0x10"],
		["install.timeout", "5 "],
		["install.timeout", "[object Object]"],
		["install.retries", "101"],
		["ids.ignore-ports", "true"],
		["doctor.directory-servers", "ldap.example"],
		["doctor.directory-servers", "ldap.example:389,ldap.example:70000"],
		["install.sha256", "ab"],
		["install.sha256", "zz".repeat(32)],
		["registry", ""],
		["registry", "  "],
		["registry", "/x\u0000.db"],
		["environment", "a\nb"],
	])("of %s cannot be %j", async (key, value) => {
		const error = await failure(() => checkSetting(key, value, "CFM_X"));
		expect(error).toMatchObject({ kind: "usage", code: "bad-setting", data: { key } });
		expect(error.message).toContain(`${key} in CFM_X`);
		await expectRunnable(error);
	});

	it("in a file that is not a text is read as one, and one that cannot be is refused with the file's name", async () => {
		expect(lookUp("install.timeout", { ...none, user: user({ "install.timeout": 60 }) }).value).toBe("60");
		for (const value of [{}, [], null, true]) {
			const sources = { ...none, machine: machine({ "install.timeout": value }) };
			const error = await failure(() => lookUp("install.timeout", sources));
			expect(error.message).toContain("/etc/cfm/config.json");
		}
		for (const value of [{ a: 1 }, null, ["/x.db"]]) {
			const error = await failure(() => lookUp("registry", { ...none, machine: machine({ registry: value }) }));
			expect(error).toMatchObject({ kind: "usage", code: "bad-setting" });
		}
	});
});

describe("a key", () => {
	it("is one of the list", () => expect(parseSettingKey("install.timeout")).toBe("install.timeout"));

	it.each(["Registry", "install", "", "constructor", "__proto__", "toString"])("cannot be %j", async (key) => {
		const error = await failure(() => parseSettingKey(key));
		expect(error).toMatchObject({ kind: "not-found", code: "no-setting" });
		await expectRunnable(error);
	});
});
