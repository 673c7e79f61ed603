import { beforeEach, describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { checkSoftware, lookAtSoftware } from "../../../src/lib/activation/software.js";
import { clientFilesHere } from "../../../src/lib/adapters/client-files/client-files.js";
import { windowsSurroundings } from "../../../src/lib/adapters/windows/surroundings.js";
import { known, unknown } from "../../../src/lib/known.js";
import { anEnvironment } from "../../contract/store.js";
import { ana, client, FakeMachine, nothing, profile } from "../client/fake-machine.js";
import { failure } from "../failure.js";
import { FakeSurroundings } from "../surroundings/fake-surroundings.js";

let machine: FakeMachine;
let surroundings: FakeSurroundings;
beforeEach(() => {
	machine = new FakeMachine();
	surroundings = new FakeSurroundings();
	machine.state = client(7);
	surroundings.installed = known(["7-Zip", "Entrust Entelligence Security Provider 10.0 (64-bit)"]);
});
const sources = () => ({ machine, profile, surroundings });
const look = (product: "desktop" | "cloud" = "desktop") => lookAtSoftware(sources(), ana, product);
const check = (user: string, said = false) =>
	checkSoftware(sources(), anEnvironment(), { account: parseAccount(user), product: "desktop", said });

describe("the software that an activation needs", () => {
	it("is there, by the client of either edition and the security provider", async () => {
		expect(await look()).toEqual({ missing: [], unknown: [] });
		machine.state = nothing;
		machine.regular = known({ program: "C:\\Users\\ana\\certifio-manager.exe", startupEntry: null });
		expect(await look()).toEqual({ missing: [], unknown: [] });
	});

	it("is missing; of CertifiO Cloud only the client", async () => {
		machine.state = nothing;
		surroundings.installed = known(["7-Zip"]);
		expect(await look()).toEqual({ missing: ["client", "security-provider"], unknown: [] });
		expect(await look("cloud")).toEqual({ missing: ["client"], unknown: [] });
	});

	it("can't be determined, which is neither", async () => {
		machine.state = { ...nothing, installed: unknown("access denied") };
		surroundings.installed = unknown("no rights");
		expect(await look()).toEqual({
			missing: [],
			unknown: [
				{ what: "client", why: "access denied" },
				{ what: "security-provider", why: "no rights" },
			],
		});
	});

	it("is only said where it can't be looked at; what is seen to be missing nobody can say is there", async () => {
		expect(await check("ana")).toBe("seen");
		expect(await check("ana", true)).toBe("seen");
		expect(await failure(() => check("CORP\\ben"))).toMatchObject({ kind: "unavailable", code: "software-unknown" });
		expect(await check("CORP\\ben", true)).toBe("said");
		machine.localUsers = unknown("access denied");
		expect(await failure(() => check("CORP\\ben"))).toMatchObject({ code: "users-unknown" });
		machine.localUsers = known([ana]);
		surroundings.installed = known([]);
		expect(await failure(() => check("ana", true))).toMatchObject({ kind: "conflict", code: "software-missing" });
	});
});

it("the programs of Windows are those of both architectures that have a name", () => {
	const root = (key: string) => `${key}\\Microsoft\\Windows\\CurrentVersion\\Uninstall`;
	const entries: Record<string, Record<string, string>> = {
		[root("SOFTWARE")]: { "{1}": "7-Zip", "{2}": "" },
		[root("SOFTWARE\\WOW6432Node")]: { "{3}": "Entrust Entelligence Security Provider" },
	};
	const registry = {
		keys: (_: unknown, path: string) => known(Object.keys(entries[path] ?? {})),
		machineText: (path: string, name: string) => {
			const cut = path.lastIndexOf("\\");
			const value = entries[path.slice(0, cut)]?.[path.slice(cut + 1)];
			return known(name === "DisplayName" && value ? value : null);
		},
		values: () => known([]),
		text: () => known(null),
	};
	expect(windowsSurroundings(registry, clientFilesHere).programs()).toEqual(
		known(["7-Zip", "Entrust Entelligence Security Provider"]),
	);
	const closed = { ...registry, keys: () => unknown("access denied") };
	expect(windowsSurroundings(closed, clientFilesHere).programs()).toEqual(unknown("access denied"));
});
