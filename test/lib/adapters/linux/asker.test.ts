import { writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { linuxAsker } from "../../../../src/lib/adapters/linux/asker.js";
import { principalCalled } from "../../../../src/lib/adapters/linux/principal.js";
import { makeFolder } from "../../../folders.js";

const group = (name: string) => ({ name, kind: "group", sid: null }) as const;

it("is who runs the process, whatever the environment says", () => {
	for (const name of ["USER", "LOGNAME", "USERNAME", "SUDO_USER", "SUDO_UID"]) vi.stubEnv(name, "somebody-else");
	onTestFinished(() => void vi.unstubAllEnvs());
	expect(linuxAsker()).toMatchObject({
		account: userInfo().username,
		sid: null,
		administers: process.geteuid?.() === 0,
	});
});

it("belongs to the groups that the process has, by their numbers", async () => {
	const file = join(makeFolder("groups"), "group");
	writeFileSync(file, "signers:x:7001:ana\nothers:x:7002:\n-x:x:7001:\n7001:x:9:\n");
	const { memberOf } = linuxAsker({ file, getent: "/bin/false", own: [7001] });
	const all = ["signers", "others", "-x", "7001", "Signers", "nobody's", ""].map(group);
	expect((await memberOf(all)).map(({ name }) => name)).toEqual(["signers", "-x"]);
});

it("a group that the file has not is asked of the directory", async () => {
	const own = process.getgroups?.()[0] ?? 0;
	const [line = ""] = (await import("node:fs"))
		.readFileSync("/etc/group", "utf8")
		.split("\n")
		.filter((one) => one.split(":")[2] === String(own));
	const [name = ""] = line.split(":");
	const { memberOf } = linuxAsker({ file: "/nowhere/group", own: [own] });
	expect(await memberOf([group(name), group("nobody-at-all")])).toEqual([group(name)]);
});

it("tells users from groups, and nobody from what can't be determined", async () => {
	const { username } = userInfo();
	expect(await principalCalled(username, undefined)).toEqual({
		known: true,
		value: { name: username, kind: "user", sid: null },
	});
	expect(await principalCalled("root", "group")).toMatchObject({ known: true, value: { kind: "group" } });
	for (const name of ["nobody-at-all", "-x", "--help", "0", "$(id)"])
		expect(await principalCalled(name, undefined)).toEqual({ known: true, value: undefined });
	expect(await principalCalled("root", undefined, "/nowhere/getent")).toMatchObject({ known: false });
});
