import { join } from "node:path";
import type { ClientPort, ClientState, LocalUser, Observation } from "../../client/ports.js";
import type { ClientProfile } from "../../client/profile.js";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { fileThere, isRunning } from "../user-files/user-home.js";
import type { Hive, WindowsRegistry } from "./registry.js";

const uninstallEntries = "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall";

/** Looks at a user's client on Windows: files in the profile, values in the user's registry. */
export class WindowsClient implements ClientPort {
	constructor(private readonly registry: WindowsRegistry) {}

	async look(user: LocalUser, profile: ClientProfile): Promise<ClientState> {
		const layout = profile.windows;
		const folder = expand(layout.installFolder, user);
		const hive = hiveOf(user);
		const program = join(folder, layout.executable);
		return {
			user: user.account,
			folder,
			installed: fileThere(user.profileFolder, program),
			clientId: this.clientId(hive, folder, profile),
			version: this.text(hive, layout.uninstallKey, "DisplayVersion"),
			registered:
				hive === undefined ? unknown(t`the user's SID is not known`) : this.registry.has(hive, layout.uninstallKey),
			running: isRunning(user.profileFolder, program),
		};
	}

	isInstalled(user: LocalUser, profile: ClientProfile): Known<boolean> {
		return fileThere(user.profileFolder, join(expand(profile.windows.installFolder, user), profile.windows.executable));
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
		this.registry.setText(hive, clientId.key, clientId.value, String(id));
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

function hiveOf(user: LocalUser): Hive | undefined {
	if (user.isCurrent) return { user: "current" };
	return user.sid === null ? undefined : { user: user.sid };
}

function layoutVendorKey(profile: ClientProfile): string | undefined {
	const { clientId } = profile.windows;
	return "key" in clientId ? clientId.key.split("\\").slice(0, 2).join("\\") : undefined;
}

/** Puts a user's own folders in place of the variables that a client profile names. */
function expand(path: string, user: LocalUser): string {
	const own = (name: string, ...below: string[]) =>
		(user.isCurrent ? process.env[name] : undefined) ?? join(user.profileFolder, ...below);
	return path
		.replace(/%APPDATA%/gi, () => own("APPDATA", "AppData", "Roaming"))
		.replace(/%LOCALAPPDATA%/gi, () => own("LOCALAPPDATA", "AppData", "Local"))
		.replace(/%USERPROFILE%/gi, () => user.profileFolder);
}
