import { chmodSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { accountStates } from "../../../../src/lib/adapters/linux/account-states.js";
import { useFolder } from "../temp.js";

const at = useFolder();
const day = 86_400_000;

/** A getent that knows two accounts, one of which expired on the tenth day; to read of that needs root. */
function sources({ services = "passwd: files systemd # local\n", isRoot = true, fails = false } = {}) {
	const shadow = isRoot ? "ana:*:1:0:99999:7:::\nben:*:1:0:99999:7::10:" : "";
	const passwd = "ana:x:1001:1001::/home/ana:/bin/sh\nben:x:1002:1002::/home/ben:/bin/sh";
	const text = fails ? "exit 1" : `case "$1" in passwd) echo '${passwd}';; shadow) echo '${shadow}';; esac; exit 2`;
	writeFileSync(at("getent"), `#!/bin/sh\n${text}\n`);
	chmodSync(at("getent"), 0o755);
	writeFileSync(at("nsswitch.conf"), services);
	return { getent: at("getent"), services: at("nsswitch.conf"), now: new Date(10 * day) };
}

const states = async (...asked: Parameters<typeof sources>) =>
	[...(await accountStates(["ana", "ben", "eve", "CORP\\ana", "-x"], sources(...asked))).values()].map(({ is }) => is);

it("tells who is there, whose account has expired, and who is gone; nothing of accounts of Windows", async () => {
	expect(await states()).toEqual(["there", "disabled", "gone", "unknown", "unknown"]);
});

it("calls nobody gone where a directory is asked, too, or nobody knows who is", async () => {
	for (const services of ["passwd: files sss\n", "group: files\n"])
		expect((await states({ services }))[2]).toBe("unknown");
	expect(await states({ fails: true })).toEqual(Array.from({ length: 5 }, () => "unknown"));
});

it("can't tell without root's rights whether an account has expired", async () => {
	expect(await states({ isRoot: false })).toEqual(["unknown", "unknown", "gone", "unknown", "unknown"]);
});
