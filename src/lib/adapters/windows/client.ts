import { join } from "node:path";
import type {
	ClientPrograms,
	ClientState,
	Fingerprint,
	LocalUser,
	Observation,
	RegularEdition,
	RunningProcess,
} from "../../client/machine.js";
import type { ClientProfile } from "../../client/profile.js";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type ClientFiles, clientFilesHere } from "../client-files/client-files.js";
import { regularEditionOf } from "../client-files/regular-edition.js";
import { runningBelow } from "../processes/path.js";
import type { Hive, WindowsRegistry } from "./registry.js";

const uninstallEntries = "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall";

/** Whether a user trusts a root of this name. @param hive their SID, or `current` */
export type UserRoots = (user: LocalUser, hive: string, name: string) => Promise<Known<boolean>>;

/** Looks at a user's client on Windows: files in the profile, values in the user's registry. */
export class WindowsClient implements ClientPrograms {
	/**
	 * @param files who looks at users' files
	 * @param roots who looks at the certificates that users trust, which they wrote themselves; left out: this process
	 */
	constructor(
		private readonly registry: WindowsRegistry,
		private readonly files: ClientFiles = clientFilesHere,
		private readonly roots?: UserRoots,
	) {}

	async look(user: LocalUser, profile: ClientProfile): Promise<ClientState> {
		const layout = profile.windows;
		const folder = expand(layout.installFolder, user);
		const hive = hiveOf(user);
		const { installed, running } = await this.files.look(user, { program: join(folder, layout.executable) });
		return {
			user: user.account,
			folder,
			installed,
			clientId: this.clientId(hive, folder, profile),
			version: this.text(hive, layout.uninstallKey, "DisplayVersion"),
			registered:
				hive === undefined ? unknown(t`the user's SID is not known`) : this.registry.has(hive, layout.uninstallKey),
			running,
			...(hive === undefined || this.registry.isLoaded(hive) ? {} : { notLoggedOn: true }),
		};
	}

	shared(profile: ClientProfile): Known<string | null> {
		let unclear: Known<string | null> = known(null);
		// An installer of 32 bits is registered apart.
		for (const path of [uninstallEntries, uninstallEntries.replace("\\", "\\WOW6432Node\\")]) {
			const entries = this.registry.keys("machine", path);
			if (!entries.known) unclear = entries;
			for (const entry of entries.known ? entries.value : []) {
				const named = (name: string) => this.registry.machineText(`${path}\\${entry}`, name);
				const name = named("DisplayName");
				if (!name.known || !isClientName(name.value, profile)) continue;
				const folder = named("InstallLocation");
				return known((folder.known ? folder.value : null) || `HKLM\\${path}\\${entry}`);
			}
		}
		return unclear;
	}

	isInstalled(user: LocalUser, profile: ClientProfile): Promise<Known<boolean>> {
		return this.files.there(user, this.program(user, profile));
	}

	async setClientId(user: LocalUser, profile: ClientProfile, id: number): Promise<void> {
		const { clientId } = profile.windows;
		const hive = hiveOf(user);
		if (!("key" in clientId) || hive === undefined) {
			throw new CfmError(
				"unavailable",
				"client-id-not-settable",
				t`Can't determine where the client of ${user.account} stores its ID.`,
				{
					hints: [line("client detect")],
				},
			);
		}
		this.registry.setNumber(hive, clientId.key, clientId.value, id);
	}

	async forget(user: LocalUser, profile: ClientProfile): Promise<void> {
		const { clientId, uninstallKey } = profile.windows;
		const hive = hiveOf(user);
		try {
			if (hive === undefined) throw new Error("the user's SID is not known");
			this.registry.removeKey(hive, uninstallKey);
			if ("key" in clientId) this.registry.removeValue(hive, clientId.key, clientId.value);
		} catch (error) {
			throw new CfmError(
				"unavailable",
				"client-not-forgotten",
				t`The traces of ${user.account}'s client could not be removed from the Windows Registry.`,
				{ hints: [line("client show", [user.account])], cause: error },
			);
		}
	}

	async detect(user: LocalUser, profile: ClientProfile): Promise<Known<Observation[]>> {
		const hive = hiveOf(user);
		if (hive === undefined) return unknown(t`the user's SID is not known`);
		const entries = this.registry.keys(hive, uninstallEntries);
		if (!entries.known) return entries;
		const layout = profile.windows;
		const found: Observation[] = [];
		for (const entry of entries.value) {
			const path = `${uninstallEntries}\\${entry}`;
			const name = this.text(hive, path, "DisplayName");
			if (!name.known || !/certifio/i.test(name.value ?? "")) continue;
			found.push({ about: "uninstallKey", expected: layout.uninstallKey, seen: path });
			const folder = this.text(hive, path, "InstallLocation");
			if (folder.known && folder.value !== null) {
				found.push({ about: "installFolder", expected: expand(layout.installFolder, user), seen: folder.value });
			}
		}
		const vendor = layoutVendorKey(profile);
		if (vendor !== undefined) found.push(...this.clientIdCandidates(hive, vendor, profile));
		return known(found);
	}

	regular(user: LocalUser, { windows: { regular } }: ClientProfile): Promise<Known<RegularEdition | null>> {
		return regularEditionOf(this.files, user, regular, expand);
	}

	async hasRootCertificate(user: LocalUser, { rootCertificate }: ClientProfile): Promise<Known<boolean | null>> {
		const hive = hiveOf(user);
		if (hive === undefined) return unknown(t`the user's SID is not known`);
		if (this.roots !== undefined) return this.roots(user, hive.user, rootCertificate.name);
		const { isInUsersStore } = await import("./root-store.js");
		return isInUsersStore(this.registry, hive, rootCertificate.name);
	}

	async processes(user: LocalUser, profile: ClientProfile): Promise<Known<RunningProcess[]>> {
		// Loaded on use: whoever looks at hundreds of clients asks their files alone.
		const { windowsProcesses } = await import("./processes.js");
		const folder = expand(profile.windows.installFolder, user);
		const real = await this.files.real(user, folder);
		if (!real.known) return real;
		return runningBelow(await windowsProcesses(), real.value ?? folder, user);
	}

	program(user: LocalUser, profile: ClientProfile): string {
		return join(expand(profile.windows.installFolder, user), profile.windows.executable);
	}

	fingerprint(user: LocalUser, profile: ClientProfile): Promise<Known<Fingerprint | null>> {
		return this.files.fingerprint(user, this.program(user, profile));
	}

	uninstaller(user: LocalUser, profile: ClientProfile): string {
		return join(expand(profile.windows.installFolder, user), profile.windows.uninstaller);
	}

	private clientId(hive: Hive | undefined, _folder: string, profile: ClientProfile): Known<number | null> {
		const { clientId } = profile.windows;
		if (!("key" in clientId)) return unknown(t`the client profile names no registry value`);
		const text = this.text(hive, clientId.key, clientId.value);
		if (!text.known) return text;
		if (text.value === null) return known(null);
		return /^\d{1,10}$/.test(text.value) ? known(Number(text.value)) : unknown(t`the stored client ID is not a number`);
	}

	/** Values below the vendor's key that could be the client ID: a number, under a name that speaks of an ID. */
	private clientIdCandidates(hive: Hive, vendor: string, profile: ClientProfile): Observation[] {
		const { clientId } = profile.windows;
		const expected = "key" in clientId ? `${clientId.key}\\${clientId.value}` : "";
		const keys = this.registry.keys(hive, vendor);
		if (!keys.known) return [];
		return keys.value.flatMap((name) => {
			const path = `${vendor}\\${name}`;
			const values = this.registry.values(hive, path);
			if (!values.known) return [];
			return values.value
				.filter((value) => /id$/i.test(value))
				.filter((value) => {
					const text = this.text(hive, path, value);
					return text.known && /^\d{1,10}$/.test(text.value ?? "");
				})
				.map((value) => ({ about: "clientId" as const, expected, seen: `${path}\\${value}` }));
		});
	}

	private text(hive: Hive | undefined, path: string, name: string): Known<string | null> {
		return hive === undefined ? unknown(t`the user's SID is not known`) : this.registry.text(hive, path, name);
	}
}

/** The client's own name, or that of its program; the regular edition is another product. */
function isClientName(name: string | null, { windows }: ClientProfile): boolean {
	const program = windows.executable.replace(/\.exe$/i, "");
	const plain = (text: string) => text.toLowerCase().replace(/[^a-z\d]/g, "");
	return name !== null && (/certifio.*server/i.test(name) || plain(name).includes(plain(program)));
}

/** Where the Windows Registry keeps what is a user's own; undefined when nobody knows their SID. */
export function hiveOf(user: Pick<LocalUser, "sid" | "isCurrent">): Hive | undefined {
	if (user.isCurrent) return { user: "current" };
	return user.sid === null ? undefined : { user: user.sid };
}

function layoutVendorKey(profile: ClientProfile): string | undefined {
	const { clientId } = profile.windows;
	return "key" in clientId ? clientId.key.split("\\").slice(0, 2).join("\\") : undefined;
}

/** A path of the client profile, in a user's folders. */
export function expand(path: string, user: LocalUser): string {
	const own = (name: string, ...below: string[]) =>
		(user.isCurrent ? process.env[name] : undefined) ?? join(user.profileFolder, ...below);
	return path
		.replace(/%APPDATA%/gi, () => own("APPDATA", "AppData", "Roaming"))
		.replace(/%LOCALAPPDATA%/gi, () => own("LOCALAPPDATA", "AppData", "Local"))
		.replace(/%USERPROFILE%/gi, () => user.profileFolder);
}
