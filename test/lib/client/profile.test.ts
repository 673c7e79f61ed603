import { describe, expect, it } from "vitest";
import published from "../../../src/lib/client/client-profile.json" with { type: "json" };
import { makeClientProfile } from "../../../src/lib/client/profile.js";
import { failure } from "../failure.js";

const path = "C:\\ProgramData\\cfm\\client-profile.json";
const own = (values: Record<string, unknown>) => makeClientProfile({ path, values });

describe("the client profile", () => {
	it("that ships is labelled unverified, and passes its own examination", () => {
		expect(makeClientProfile(undefined)).toMatchObject({ verified: false, source: null, commonPort: 24_250 });
		expect(own({ ...published })).toEqual({ ...published, source: path });
	});

	it("keeps what the administrator's own file does not say", () => {
		const profile = own({ verified: true, windows: { executable: "cfm-se.exe" }, settleSeconds: 0 });
		expect(profile).toEqual({
			...published,
			verified: true,
			settleSeconds: 0,
			windows: { ...published.windows, executable: "cfm-se.exe" },
			source: path,
		});
	});

	it("takes the place of the client ID whole: a file's name, or a key and a value", () => {
		expect(own({ windows: { clientId: { file: "id.txt" } } }).windows.clientId).toEqual({ file: "id.txt" });
		const inRegistry = { key: "Software\\Notarius\\cm", value: "ID" };
		expect(own({ windows: { clientId: inRegistry } }).windows.clientId).toEqual(inRegistry);
	});

	it("cannot say where it came from itself", () => {
		expect(own({ source: "elsewhere" }).source).toBe(path);
	});

	it.each<[string, Record<string, unknown>]>([
		["verified", { verified: "yes" }],
		["startsAfterInstall", { startsAfterInstall: 1 }],
		["commonPort", { commonPort: "24250" }],
		["commonPort", { commonPort: 70_000 }],
		["commonPort", { commonPort: 1.5 }],
		["settleSeconds", { settleSeconds: -1 }],
		["windows.installFolder", { windows: { installFolder: "" } }],
		["windows.installFolder", { windows: { installFolder: null } }],
		["linux.uninstallKey", { linux: { uninstallKey: 5 } }],
		["windows.executable", { windows: { executable: "..\\..\\evil.exe" } }],
		["windows.executable", { windows: { executable: "sub/evil.exe" } }],
		["linux.uninstaller", { linux: { uninstaller: ".." } }],
		["windows.regular.startupEntry", { windows: { regular: { installFolder: "x", executable: "x.exe" } } }],
		["windows.regular.executable", { windows: { regular: null } }],
		["windows.regular.executable", { windows: { regular: { ...published.windows.regular, executable: "a\\b.exe" } } }],
		["rootCertificate", { rootCertificate: "x" }],
		["rootCertificate.name", { rootCertificate: { name: "" } }],
		["rootCertificate.versions", { rootCertificate: { versions: "2.0" } }],
		["rootCertificate.versions", { rootCertificate: { versions: ["two"] } }],
		["windows", { windows: "C:\\client" }],
		["linux", { linux: null }],
		["linux", { linux: [] }],
		["windows.clientId", { windows: { clientId: 5 } }],
		["windows.clientId", { windows: { clientId: {} } }],
		["windows.clientId", { windows: { clientId: null } }],
		["windows.clientId", { windows: { clientId: { key: "Software\\x" } } }],
		["windows.clientId", { windows: { clientId: { key: "Software\\x", value: "" } } }],
		["linux.clientId", { linux: { clientId: { file: "../../.bashrc" } } }],
		["linux.clientId", { linux: { clientId: { file: 5 } } }],
	])("with a wrong %s is refused: %j", async (key, values) => {
		const error = await failure(() => own(values));
		expect(error).toMatchObject({ kind: "usage", code: "bad-client-profile" });
		expect(error.message).toContain(path);
		expect(error.message).toContain(key);
	});
});
