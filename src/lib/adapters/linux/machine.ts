import { readFileSync, realpathSync, statSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { dirname, join, resolve } from "node:path";
import type { ClientPort, ClientState, LocalUser, Machine, ProfilesPort } from "../../client/ports.js";
import type { ClientProfile } from "../../client/profile.js";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { loopback } from "../processes/loopback.js";
import { sessionRunner } from "../processes/run.js";
import { askAt, fileThere, isRunning, writeAt } from "../user-files/user-home.js";

/** More than any file of the client that `cfm` reads. */
const longest = 65_536;

/** What this system says of itself and its users; tests hand in their own. */
export interface Sources {
	name: string;
	/** Whoever runs `cfm`. */
	user(): { username: string; uid: number; homedir: string };
	/** The file of accounts, passwd(5). */
	passwd: string;
}

/** This machine, while it is a Linux one: a developer's, or an administrator's station. */
export function linuxMachine({
	name = hostname(),
	user = owner,
	passwd = "/etc/passwd",
}: Partial<Sources> = {}): Machine {
	return {
		name,
		elevated: known(process.geteuid?.() === 0),
		profiles: profilesOf(user, passwd),
		client,
		loopback,
		runner: sessionRunner,
		installer: {
			// Loaded on use: it needs node:crypto, which costs every look at clients a tenth of its time.
			take: async (file) => (await import("../processes/installer.js")).takeInstaller(file),
			signature: async () => unknown(t`Linux does not know Windows' signatures`),
			openToOthers: async (file) => openToOthers(file),
		},
	};
}

function owner(): ReturnType<Sources["user"]> {
	const { username, uid, homedir } = userInfo();
	return { username, uid, homedir: process.env.HOME ?? homedir };
}

function profilesOf(user: Sources["user"], passwd: string): ProfilesPort {
	const currentUser = (): LocalUser => {
		const { username, uid, homedir } = user();
		return { account: username, sid: String(uid), profileFolder: homedir, isCurrent: true };
	};
	return {
		currentUser: async () => currentUser(),

		async users() {
			const current = currentUser();
			try {
				// passwd(5): name:password:UID:GID:comment:directory:shell; people start at UID 1000 (login.defs).
				const others = readFileSync(passwd, "utf8")
					.split("\n")
					.map((line) => line.split(":"))
					.filter(([name, , uid]) => name !== current.account && Number(uid) >= 1000 && Number(uid) < 60_000)
					.map(([name = "", , uid = "", , , folder = ""]) => ({
						account: name,
						sid: uid,
						profileFolder: folder,
						isCurrent: false,
					}));
				return known([current, ...others]);
			} catch (error) {
				return unknown(String(error));
			}
		},
	};
}

const client: ClientPort = {
	async look(user: LocalUser, profile: ClientProfile): Promise<ClientState> {
		const folder = folderOf(user, profile);
		const { executable, uninstallKey, clientId } = profile.linux;
		const program = join(folder, executable);
		const entry = textOf(join(folder, uninstallKey), user);
		return {
			user: user.account,
			folder,
			installed: fileThere(user.profileFolder, program),
			clientId:
				"file" in clientId
					? toId(textOf(join(folder, clientId.file), user))
					: unknown(t`the client profile names no file`),
			version: entry.known ? known(versionIn(entry.value)) : entry,
			registered: entry.known ? known(entry.value !== null) : entry,
			running: isRunning(user.profileFolder, program),
		};
	},

	isInstalled: (user, profile) =>
		fileThere(user.profileFolder, join(folderOf(user, profile), profile.linux.executable)),

	async setClientId(user, profile, id) {
		const { clientId } = profile.linux;
		const folder = folderOf(user, profile);
		try {
			if (!("file" in clientId)) throw new Error("the client profile names no file");
			writeAt(user.profileFolder, join(folder, clientId.file), `${id}\n`);
		} catch (error) {
			throw new CfmError(
				"unavailable",
				"client-id-not-settable",
				t`The client ID of ${user.account} could not be stored in ${folder}.`,
				{
					hints: [line("client detect")],
					cause: error,
				},
			);
		}
	},

	async detect(user, profile) {
		const folder = folderOf(user, profile);
		const found = fileThere(user.profileFolder, join(folder, profile.linux.executable));
		if (!found.known) return found;
		return known(found.value ? [{ about: "installFolder" as const, expected: folder, seen: folder }] : []);
	},

	uninstaller: (user, profile) => join(folderOf(user, profile), profile.linux.uninstaller),
};

function folderOf(user: LocalUser, profile: ClientProfile): string {
	return profile.linux.installFolder.replace(/%HOME%/g, () => user.profileFolder);
}

function textOf(file: string, user: LocalUser): Known<string | null> {
	return askAt<string | null>(user.profileFolder, file, null, (at) => at.text(file, longest));
}

function toId(text: Known<string | null>): Known<number | null> {
	if (!text.known || text.value === null) return text as Known<null>;
	const digits = text.value.trim();
	return /^\d{1,10}$/.test(digits) ? known(Number(digits)) : unknown(t`the stored client ID is not a number`);
}

function versionIn(entry: string | null): string | null {
	try {
		const { version } = JSON.parse(entry ?? "{}") as { version?: unknown };
		return typeof version === "string" ? version : null;
	} catch {
		return null;
	}
}

/** Whether anybody but its owner and root could change a file, or put another in its place; links are followed. */
function openToOthers(file: string): Known<boolean> {
	try {
		return known([resolve(file), realpathSync(file)].some(isOpenOnTheWay));
	} catch (error) {
		return unknown(String(error));
	}
}

function isOpenOnTheWay(file: string): boolean {
	for (let at = file; ; at = dirname(at)) {
		const facts = statSync(at);
		const sticky = at !== file && (facts.mode & 0o1000) !== 0;
		if (facts.uid !== 0 && facts.uid !== process.geteuid?.()) return true;
		if ((facts.mode & 0o022) !== 0 && !sticky) return true;
		if (at === dirname(at)) return false;
	}
}
