import { describe, expect, it } from "vitest";
import { WindowsClient } from "../../../../src/lib/adapters/windows/client.js";
import type { WindowsRegistry } from "../../../../src/lib/adapters/windows/registry.js";
import { known, unknown } from "../../../../src/lib/known.js";
import { ana, profile } from "../../client/fake-machine.js";

const uninstall = "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall";
const of32bits = "Software\\WOW6432Node\\Microsoft\\Windows\\CurrentVersion\\Uninstall";

/** A registry with uninstall entries of the machine, and whose hive is loaded. */
function registry(
	entries: Record<string, Record<string, { name: string; folder?: string }>>,
	{ loaded = true, closed = [] as string[] } = {},
): WindowsRegistry {
	const none = () => unknown("the user's registry is not loaded");
	const fake: Partial<WindowsRegistry> = {
		isLoaded: () => loaded,
		text: none,
		has: none,
		keys: (hive, path) => {
			expect(hive).toBe("machine");
			return closed.includes(path) ? unknown("access denied") : known(Object.keys(entries[path] ?? {}));
		},
		machineText: (path, value) => {
			const [, folder = "", key = ""] = /^(.*)\\([^\\]+)$/.exec(path) ?? [];
			const entry = entries[folder]?.[key];
			return known((value === "DisplayName" ? entry?.name : entry?.folder) ?? null);
		},
	};
	return fake as WindowsRegistry;
}

const shared = (...asked: Parameters<typeof registry>) => new WindowsClient(registry(...asked)).shared(profile);

describe("a client for the whole machine", () => {
	it.each([
		[
			"by its name",
			{ [uninstall]: { a: { name: "CertifiO Manager - Server Edition 3.1", folder: "C:\\PF\\cm" } } },
			"C:\\PF\\cm",
		],
		["of 32 bits", { [of32bits]: { x: { name: "certifio-manager-se", folder: "C:\\PF86\\cm" } } }, "C:\\PF86\\cm"],
		["that says no folder", { [uninstall]: { "{1}": { name: "Certifio Manager SE" } } }, `HKLM\\${uninstall}\\{1}`],
	])("is found %s", (_, entries, place) => {
		expect(shared(entries)).toEqual(known(place));
	});

	it("is not taken for the regular edition, or for anything else", () => {
		const entries = { a: { name: "CertifiO Manager 2.1" }, b: { name: "Java 8" }, c: { name: "" } };
		expect(shared({ [uninstall]: entries })).toEqual(known(null));
	});

	it("is unknown where the machine's entries can't be read, unless one was found", () => {
		expect(shared({}, { closed: [uninstall] })).toEqual(unknown("access denied"));
		const entries = { [of32bits]: { x: { name: "certifio-manager-se", folder: "C:\\x" } } };
		expect(shared(entries, { closed: [uninstall] })).toEqual(known("C:\\x"));
	});
});

it("a user whose hive is not loaded is not logged on, which is why most is unknown", async () => {
	const ben = { ...ana, isCurrent: false, sid: "S-1-5-21-1-2-3-1002" };
	const look = async (loaded: boolean) =>
		(await new WindowsClient(registry({}, { loaded })).look(ben, profile)).notLoggedOn;
	expect([await look(false), await look(true)]).toEqual([true, undefined]);
});
