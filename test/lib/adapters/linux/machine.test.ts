import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, copyFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, it } from "vitest";
import { type ClientFiles, clientFilesHere } from "../../../../src/lib/adapters/client-files/client-files.js";
import { linuxMachine } from "../../../../src/lib/adapters/linux/machine.js";
import { fileThere, isRunning } from "../../../../src/lib/adapters/user-files/user-home.js";
import type { LocalUser } from "../../../../src/lib/client/machine.js";
import { makeClientProfile } from "../../../../src/lib/client/profile.js";
import { known, unknown } from "../../../../src/lib/known.js";
import { failure } from "../../failure.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();
const profile = makeClientProfile(undefined);
const machine = linuxMachine();
const client = (...below: string[]) => at(".local", "share", "certifio-manager-se", ...below);
const user = (): LocalUser => ({ account: "ana", sid: "1000", profileFolder: at(), isCurrent: false });
const look = () => machine.client.look(user(), profile);

function install(): void {
	mkdirSync(client(), { recursive: true });
	writeFileSync(client("certifio-manager-se"), "program", { mode: 0o755 });
	writeFileSync(client("client-id"), "7\n");
	writeFileSync(client("uninstall.json"), '{"version": "1.2.3"}');
}

describe("a client", () => {
	const yes = (value: unknown) => ({ known: true, value });

	it("is not there where nothing is", async () => {
		expect(await look()).toEqual({
			user: "ana",
			folder: client(),
			installed: yes(false),
			clientId: yes(null),
			version: yes(null),
			registered: yes(false),
			running: yes(false),
		});
	});

	it("is there with its ID and version", async () => {
		install();
		expect(await look()).toMatchObject({
			installed: yes(true),
			clientId: yes(7),
			version: yes("1.2.3"),
			registered: yes(true),
			running: yes(false),
		});
	});

	it.each([
		["seven", { known: false, why: expect.stringContaining("not a number") }],
		["", { known: false, why: expect.stringContaining("not a number") }],
		["-7", { known: false, why: expect.stringContaining("not a number") }],
		["12345678901", { known: false, why: expect.stringContaining("not a number") }],
		["007\n", yes(7)],
	])("with %j stored", async (text, clientId) => {
		install();
		writeFileSync(client("client-id"), text);
		expect((await look()).clientId).toEqual(clientId);
	});

	it.each(["", "{", "[]", "null", '{"version": 5}'])(
		"with %j as its uninstall entry is registered, its version unknown to it",
		async (text) => {
			install();
			writeFileSync(client("uninstall.json"), text);
			expect(await look()).toMatchObject({ registered: yes(true), version: yes(null) });
		},
	);

	it("is asked for in short, with the same answer", async () => {
		const isInstalled = () => machine.client.isInstalled(user(), profile);
		expect(await isInstalled()).toEqual(yes(false));
		install();
		expect(await isInstalled()).toEqual(yes(true));
	});

	it("that cannot be looked at is unknown, not absent", async () => {
		install();
		rmSync(client("client-id"));
		mkdirSync(client("client-id"));
		expect((await look()).clientId).toMatchObject({ known: false });
	});

	it("takes another ID", async () => {
		install();
		await machine.client.setClientId(user(), profile, 9);
		expect(readFileSync(client("client-id"), "utf8")).toBe("9\n");
		expect((await look()).clientId).toEqual(yes(9));
	});

	it("cannot be given an ID when it is not there", async () => {
		const error = await failure(() => machine.client.setClientId(user(), profile, 9));
		expect(error).toMatchObject({ kind: "unavailable", code: "client-id-not-settable" });
	});

	it("is not given an ID through a link that leads out of the user's profile", async () => {
		install();
		mkdirSync(at("root"));
		writeFileSync(at("root", "important"), "important");
		rmSync(client("client-id"));
		symlinkSync(at("root", "important"), client("client-id"));
		const error = await failure(() => machine.client.setClientId(user(), profile, 9));
		expect(error).toMatchObject({ code: "client-id-not-settable" });
		expect(readFileSync(at("root", "important"), "utf8")).toBe("important");
	});

	it("does not keep anybody waiting with a pipe in place of a file", async () => {
		install();
		rmSync(client("client-id"));
		const { execFileSync } = await import("node:child_process");
		execFileSync("mkfifo", [client("client-id")]);
		expect((await look()).clientId).toMatchObject({ known: false });
	});

	it("is detected where the profile says", async () => {
		expect(await machine.client.detect(user(), profile)).toEqual(yes([]));
		install();
		expect(await machine.client.detect(user(), profile)).toEqual(
			yes([{ about: "installFolder", expected: client(), seen: client() }]),
		);
		expect(machine.client.uninstaller(user(), profile)).toBe(client("uninstall"));
	});
});

describe("whether a program runs", () => {
	beforeEach(() => copyFileSync("/bin/cat", at("client")));

	it("is told by its file, while it runs and after", async () => {
		expect(isRunning(at(), at("client"))).toEqual({ known: true, value: false });
		const before = readFileSync(at("client"));
		const child = spawn(at("client"));
		await once(child, "spawn");
		expect(isRunning(at(), at("client"))).toEqual({ known: true, value: true });
		child.kill();
		await once(child, "exit");
		expect(isRunning(at(), at("client"))).toEqual({ known: true, value: false });
		expect(readFileSync(at("client"))).toEqual(before);
	});

	it("is no for one that is not there, and unknown for what is no program", () => {
		expect(isRunning(at(), at("none"))).toEqual({ known: true, value: false });
		expect(isRunning(at(), at("client", "below"))).toEqual({ known: true, value: false });
		expect(isRunning(at(), at())).toMatchObject({ known: false });
	});

	it.skipIf(!isRoot)("is unknown to somebody who may not look", () => {
		chmodSync(at("client"), 0o755);
		process.seteuid?.(65_534);
		try {
			expect(isRunning(at(), at("client"))).toMatchObject({ known: false });
			expect(fileThere(at(), at("client"))).toMatchObject({ known: false });
		} finally {
			process.seteuid?.(0);
		}
	});
});

describe("the machine", () => {
	it("knows its name, its rights, who runs cfm, and does not know Windows' signatures", async () => {
		expect(machine.name).toBe(hostname());
		expect(machine.elevated).toEqual({ known: true, value: isRoot });
		const current = await machine.profiles.currentUser();
		expect(current).toMatchObject({ account: userInfo().username, sid: String(userInfo().uid), isCurrent: true });
		const users = await machine.profiles.users();
		expect(users.known && users.value.filter(({ isCurrent }) => isCurrent)).toEqual([current]);
		expect(await machine.installer.signature("/bin/sh")).toMatchObject({ known: false });
	});

	it("knows its people by its file of accounts, whatever their homes are", async () => {
		const lines = [
			"root:x:0:0:root:/root:/bin/sh",
			"ana:x:1001:1001::/home/ana:/bin/sh",
			"ben:x:1002:1002:,,,::/bin/sh",
		];
		lines.push("eve:x:1003:1003::/nonexistent:/bin/sh", "nobody:x:65534:65534::/:/bin/false", "+::::::", "no line", "");
		writeFileSync(at("passwd"), lines.join("\n"));
		const own = { username: "ana", uid: 1001, homedir: "/somewhere" };
		const users = (passwd: string) => linuxMachine({ name: "TS01", user: () => own, passwd }).profiles.users();
		const person = (account: string, sid: string, profileFolder: string, isCurrent = false) => {
			return { account, sid, profileFolder, isCurrent };
		};
		expect(await users(at("passwd"))).toEqual({
			known: true,
			value: [
				person("ana", "1001", "/somewhere", true),
				person("ben", "1002", ""),
				person("eve", "1003", "/nonexistent"),
			],
		});
		expect(await users(at("none"))).toMatchObject({ known: false });
	});

	it("knows whether others could have put an installer there", async () => {
		const open = async (name: string) => {
			const answer = await machine.installer.openToOthers(at(name));
			return answer.known && answer.value;
		};
		writeFileSync(at("setup"), "", { mode: 0o755 });
		expect(await open("setup")).toBe(false);
		chmodSync(at("setup"), 0o775);
		expect(await open("setup")).toBe(true);
		mkdirSync(at("share"));
		writeFileSync(at("share", "setup"), "", { mode: 0o755 });
		chmodSync(at("share"), 0o777);
		expect(await open("share/setup")).toBe(true);
		expect(await machine.installer.openToOthers(at("none"))).toMatchObject({ known: false });
		symlinkSync(at("share", "setup"), at("link"));
		expect(await open("link")).toBe(true);
	});
});

describe("the regular edition", () => {
	const regular = {
		installFolder: "%HOME%/.local/share/certifio-manager",
		executable: "certifio-manager",
		startupEntry: "%HOME%/.config/autostart/certifio-manager.desktop",
	};
	const named = { ...profile, linux: { ...profile.linux, regular } };
	const program = () => at(".local", "share", "certifio-manager", "certifio-manager");
	const startupEntry = () => at(".config", "autostart", "certifio-manager.desktop");

	it("is looked for where the client profile says, and only there", async () => {
		expect(await machine.client.regular(user(), profile)).toEqual({ known: true, value: null });
		const nothing = { known: true, value: { program: null, startupEntry: null } };
		expect(await machine.client.regular(user(), named)).toEqual(nothing);
		install();
		expect(await machine.client.regular(user(), named)).toEqual(nothing);
		for (const file of [program(), startupEntry()]) {
			mkdirSync(join(file, ".."), { recursive: true });
			writeFileSync(file, "");
		}
		expect(await machine.client.regular(user(), named)).toEqual({
			known: true,
			value: { program: program(), startupEntry: startupEntry() },
		});
	});

	it("is looked for by whoever looks at users' files, and unknown with their reason", async () => {
		const asked: string[] = [];
		const there: ClientFiles["there"] = async (_, path) => {
			asked.push(path);
			return path === startupEntry() ? unknown("reading it takes too long") : known(true);
		};
		const { client } = linuxMachine({ files: { ...clientFilesHere, there } });
		expect(await client.regular(user(), named)).toEqual(unknown("reading it takes too long"));
		expect(asked).toEqual([program(), startupEntry()]);
	});

	it("behind a link that leads out of the profile is unknown", async () => {
		mkdirSync(at(".local", "share"), { recursive: true });
		symlinkSync("/usr", at(".local", "share", "certifio-manager"));
		expect((await machine.client.regular(user(), named)).known).toBe(false);
	});
});

it("there is no user's own store of roots", async () => {
	expect(await machine.client.hasRootCertificate(user(), profile)).toEqual({ known: true, value: null });
});
