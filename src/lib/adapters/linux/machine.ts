import { existsSync, readFileSync, statSync } from "node:fs";
import { hostname, userInfo } from "node:os";
import { join } from "node:path";
import type { ClientPrograms, LocalUser, Machine, UserProfiles } from "../../client/machine.js";
import type { ClientProfile } from "../../client/profile.js";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type ClientFiles, clientFilesHere } from "../client-files/client-files.js";
import { regularEditionOf } from "../client-files/regular-edition.js";
import { opennessOf } from "../files/guard.js";
import { temporaryVariables } from "../files/temporary.js";
import { endProcess } from "../processes/family.js";
import { holdName } from "../processes/hold.js";
import { listeningOn } from "../processes/listening.js";
import { loopback } from "../processes/loopback.js";
import { runningBelow } from "../processes/path.js";
import type { Platform } from "../processes/program-kind.js";
import { sessionRunner } from "../processes/run.js";
import { linuxNetwork } from "./network.js";
import { linuxFamily, linuxProcesses } from "./processes.js";

/** What this system says of itself and its users; tests hand in their own. */
export interface Sources {
	name: string;
	/** Whoever runs `cfm`. */
	user(): { username: string; uid: number; homedir: string };
	/** The file of accounts, passwd(5). */
	passwd: string;
	/** Who looks at files of users' clients, and changes them. */
	files: ClientFiles;
}

const platform: Platform = { system: "linux", processor: process.arch, runs32Bit: true };

/** This machine, while it is a Linux one: a developer's, or an administrator's station. */
export function linuxMachine({
	name = hostname(),
	user = owner,
	passwd = "/etc/passwd",
	files = clientFilesHere,
}: Partial<Sources> = {}): Machine {
	return {
		name,
		system: "Linux",
		elevated: known(process.geteuid?.() === 0),
		profiles: profilesOf(user, passwd),
		client: clientBy(files),
		loopback,
		runner: sessionRunner({ platform, findFamily: linuxFamily, temporary: temporaryVariables }),
		processes: { list: linuxProcesses, listening: (port) => listeningOn(linuxNetwork(), port), end: endProcess },
		hold: holdName,
		installer: {
			// Loaded on use: it needs node:crypto, which costs every look at clients a tenth of its time.
			take: async (file, folder) => (await import("../processes/installer.js")).takeInstaller(file, folder, platform),
			signature: async () => unknown(t`Linux does not know Windows' signatures`),
			openToOthers: async (file) => openToOthers(file),
		},
	};
}

function owner(): ReturnType<Sources["user"]> {
	const { username, uid, homedir } = userInfo();
	return { username, uid, homedir: process.env.HOME ?? homedir };
}

function profilesOf(user: Sources["user"], passwd: string): UserProfiles {
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

function clientBy(files: ClientFiles): ClientPrograms {
	const isInstalled: ClientPrograms["isInstalled"] = (user, profile) => files.there(user, programOf(user, profile));
	return {
		async look(user, profile) {
			const folder = folderOf(user, profile);
			const { uninstallKey, clientId } = profile.linux;
			const { entry, ...facts } = await files.look(user, {
				program: programOf(user, profile),
				entry: join(folder, uninstallKey),
				clientId: "file" in clientId ? join(folder, clientId.file) : undefined,
			});
			return {
				user: user.account,
				folder,
				...facts,
				version: entry.known ? known(entry.value?.version ?? null) : entry,
				registered: entry.known ? known(entry.value !== null) : entry,
			};
		},

		isInstalled,

		shared(profile) {
			const { executable } = profile.linux;
			const folders = ["/opt", "/usr/lib", "/usr/local/lib"].map((folder) => join(folder, executable));
			const place = [...folders, "/usr/bin", "/usr/local/bin"].find((folder) => existsSync(join(folder, executable)));
			return known(place ?? null);
		},

		async setClientId(user, profile, id) {
			const { clientId } = profile.linux;
			const folder = folderOf(user, profile);
			try {
				if (!("file" in clientId)) throw new Error("the client profile names no file");
				await files.write(user, join(folder, clientId.file), `${id}\n`);
			} catch (error) {
				throw new CfmError(
					"unavailable",
					"client-id-not-settable",
					t`The client ID of ${user.account} could not be stored in ${folder}.`,
					{ hints: [line("client detect")], cause: error },
				);
			}
		},

		async detect(user, profile) {
			const folder = folderOf(user, profile);
			const found = await isInstalled(user, profile);
			if (!found.known) return found;
			return known(found.value ? [{ about: "installFolder" as const, expected: folder, seen: folder }] : []);
		},

		regular: (user, { linux: { regular } }) => regularEditionOf(files, user, regular, expand),

		hasRootCertificate: async () => known(null),

		async forget(user, profile) {
			const { uninstallKey, clientId } = profile.linux;
			const folder = folderOf(user, profile);
			try {
				for (const file of [uninstallKey, ...("file" in clientId ? [clientId.file] : [])]) {
					await files.remove(user, join(folder, file));
				}
			} catch (error) {
				throw new CfmError(
					"unavailable",
					"client-not-forgotten",
					t`The traces of ${user.account}'s client could not be removed from ${folder}.`,
					{ hints: [line("client show", [user.account])], cause: error },
				);
			}
		},

		uninstaller: (user, profile) => join(folderOf(user, profile), profile.linux.uninstaller),

		async processes(user, profile) {
			const folder = folderOf(user, profile);
			const real = await files.real(user, folder);
			if (!real.known) return real;
			return runningBelow(await linuxProcesses(), real.value ?? folder, user);
		},

		program: programOf,

		fingerprint: (user, profile) => files.fingerprint(user, programOf(user, profile)),
	};
}

function programOf(user: LocalUser, profile: ClientProfile): string {
	return join(folderOf(user, profile), profile.linux.executable);
}

function folderOf(user: LocalUser, profile: ClientProfile): string {
	return expand(profile.linux.installFolder, user);
}

function expand(path: string, user: LocalUser): string {
	return path.replace(/%HOME%/g, () => user.profileFolder);
}

/** Whether anybody but its owner and root could change a file, or put another in its place. */
function openToOthers(file: string): Known<boolean> {
	try {
		statSync(file);
		return known(opennessOf(file, [0, process.geteuid?.() ?? 0]) !== undefined);
	} catch (error) {
		return unknown(String(error));
	}
}
