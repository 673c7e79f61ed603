import { describe, expect, it } from "vitest";
import { clientFilesHere } from "../../../../src/lib/adapters/client-files/client-files.js";
import { windowsSurroundings } from "../../../../src/lib/adapters/windows/surroundings.js";
import { known, unknown } from "../../../../src/lib/known.js";
import { ana } from "../../client/fake-machine.js";

// Values of the Windows Registry as the documentation of Windows, Chrome and Edge lays them down.

const policies = "SOFTWARE\\Policies\\Google\\Chrome";
const profileKey = `SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\${ana.sid}`;
const internet = "Software\\Microsoft\\Windows\\CurrentVersion\\Internet Settings";

/** A registry of keys with values, which may refuse some. */
function surroundings(content: Record<string, Record<string, string>>, refused: readonly string[] = []) {
	const text = (path: string, name: string) =>
		refused.includes(path) ? unknown("denied") : known(content[path]?.[name] ?? null);
	const registry: Parameters<typeof windowsSurroundings>[0] = {
		text: (_, path, name) => text(path, name),
		machineText: text,
		values: (_, path) => (refused.includes(path) ? unknown("denied") : known(Object.keys(content[path] ?? {}))),
		keys: (_, path) =>
			known(
				Object.keys(content)
					.filter((key) => key.startsWith(`${path}\\`))
					.map((key) => key.slice(path.length + 1)),
			),
	};
	return windowsSurroundings(registry, clientFilesHere);
}

it.each([
	["SYSTEM\\CurrentControlSet\\Control\\Terminal Server\\TSAppSrv\\VirtualIP", "VirtualizeLoopbackAdresses"],
	["SYSTEM\\CurrentControlSet\\Control\\TerminalServer\\TSAppSrv\\VirtualIP", "VirtualizeLoopbackAddressesEnabled"],
])("loopback IP virtualization is on by %s", (key, name) => {
	expect(surroundings({ [key]: { [name]: "1" } }).virtualLoopback()).toEqual(known(true));
	expect(surroundings({ [key]: { [name]: "0" } }).virtualLoopback()).toEqual(known(false));
	expect(surroundings({}).virtualLoopback()).toEqual(known(false));
	expect(surroundings({}, [key]).virtualLoopback().known).toBe(false);
});

it("reads values and numbered lists of policies", () => {
	const told = surroundings({
		[policies]: { LocalNetworkAccessRestrictionsTemporaryOptOut: "1", ProxyBypassList: "<-loopback>" },
		[`${policies}\\LoopbackNetworkAllowedForUrls`]: { 1: "https://a.example", 2: "[*.]b.example" },
	});
	expect(told.policies("chrome")).toEqual(
		known({
			LocalNetworkAccessRestrictionsTemporaryOptOut: 1,
			ProxyBypassList: "<-loopback>",
			LoopbackNetworkAllowedForUrls: ["https://a.example", "[*.]b.example"],
		}),
	);
	expect(told.policies("edge")).toEqual(known({}));
	expect(surroundings({}, [policies]).policies("chrome").known).toBe(false);
	const list = `${policies}\\LoopbackNetworkBlockedForUrls`;
	expect(surroundings({ [list]: { 1: "*" } }, [list]).policies("chrome").known).toBe(false);
});

describe("a user's profile", () => {
	it.each([
		["local", {}],
		["local", { State: "256" }],
		["temporary", { State: "2052" }],
		["mandatory", { State: "5" }],
		["roaming", { State: "0", CentralProfile: "\\\\files\\profiles\\ana" }],
	])("is %s with %j", (kind, values) => {
		expect(surroundings({ [profileKey]: values }).profileKind(ana)).toEqual(known(kind));
	});

	it("is unknown without a SID, and where Windows refuses to tell", () => {
		expect(surroundings({}).profileKind({ ...ana, sid: null }).known).toBe(false);
		expect(surroundings({}, [profileKey]).profileKind(ana).known).toBe(false);
	});
});

describe("a user's proxy", () => {
	it.each([
		["none without a word", {}, null],
		["none when it is switched off", { ProxyEnable: "0", ProxyServer: "p:80" }, null],
		[
			"one for all",
			{ ProxyEnable: "1", ProxyServer: "p:8080", ProxyOverride: "*.corp.example;<-loopback>" },
			{ server: "p:8080", bypass: ["*.corp.example", "<-loopback>"] },
		],
		["that of HTTPS", { ProxyEnable: "1", ProxyServer: "http=a:80;https=b:81" }, { server: "b:81", bypass: [] }],
	])("is %s", (_, values, settings) => {
		expect(surroundings({ [internet]: values as Record<string, string> }).proxy(ana)).toEqual(known(settings));
	});

	it("is unknown while the user's hive is not loaded", () => {
		expect(surroundings({}, [internet]).proxy(ana).known).toBe(false);
	});
});
