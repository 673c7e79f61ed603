import { describe, expect, it } from "vitest";
import { networkName, refuseNetworkFolder } from "../../../../src/lib/adapters/files/guard.js";
import { failure } from "../../failure.js";
import { said } from "../../hints.js";
import { useFolder } from "../temp.js";

const at = useFolder();

describe("a folder on another machine", () => {
	it.each([
		["\\\\server\\share", "UNC"],
		["\\\\server\\share\\cfm", "UNC"],
		["\\\\?\\UNC\\server\\share\\cfm", "UNC"],
		["\\\\?\\unc\\server\\share", "UNC"],
		["//?/UNC/server/share", "UNC"],
		["\\\\?\\C:\\ProgramData\\cfm", undefined],
		["\\\\.\\C:\\cfm", undefined],
		["/var/lib", undefined],
		["/nowhere/at/all", undefined],
	])("is told by its spelling: %s", (folder, name) => expect(networkName(folder)).toBe(name));

	it("is refused, and PostgreSQL is named", async () => {
		const error = await failure(() => refuseNetworkFolder("\\\\server\\share\\cfm"));
		expect(error).toMatchObject({ kind: "usage", code: "registry-on-network", data: { share: "UNC" } });
		expect(said(error).join(" ")).toContain("PostgreSQL");
	});

	it("is not the local disk", () => {
		expect(networkName(at())).toBeUndefined();
		expect(() => refuseNetworkFolder(at())).not.toThrow();
	});
});
