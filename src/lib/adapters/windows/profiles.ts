import { homedir, userInfo } from "node:os";
import { basename } from "node:path";
import { type Known, known, type LocalUser, type ProfilesPort } from "../../client/ports.js";
import type { WindowsRegistry } from "./registry.js";

const profileList = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

/** The users of this machine, from the list of profiles; system, service and application accounts left out. */
export class WindowsProfiles implements ProfilesPort {
	constructor(private readonly registry: WindowsRegistry) {}

	async currentUser(): Promise<LocalUser> {
		const name = userInfo().username;
		const domain = process.env.USERDOMAIN;
		const profileFolder = process.env.USERPROFILE ?? homedir();
		const listed = this.list();
		const own = listed.known ? listed.value.find((one) => sameFolder(one.profileFolder, profileFolder)) : undefined;
		return { account: domain ? `${domain}\\${name}` : name, sid: own?.sid ?? null, profileFolder, isCurrent: true };
	}

	async users(): Promise<Known<LocalUser[]>> {
		const listed = this.list();
		if (!listed.known) return listed;
		const current = await this.currentUser();
		const others = listed.value.filter((one) => !sameFolder(one.profileFolder, current.profileFolder));
		return known([current, ...others]);
	}

	/** A SID's name is in no registry value; until a look-up is built in, others are called after their folder. */
	private list(): Known<LocalUser[]> {
		const sids = this.registry.keys("machine", profileList);
		if (!sids.known) return sids;
		const users: LocalUser[] = [];
		// S-1-5-21: accounts of a domain or machine; S-1-12-1: of Entra ID. The rest are services.
		for (const sid of sids.value.filter((one) => /^S-1-(5-21|12-1)-[\d-]+$/.test(one))) {
			const folder = this.registry.machineText(`${profileList}\\${sid}`, "ProfileImagePath");
			if (!folder.known || folder.value === null) continue;
			const profileFolder = folder.value.replace(/%SystemDrive%/gi, process.env.SystemDrive ?? "C:");
			users.push({ account: basename(profileFolder), sid, profileFolder, isCurrent: false });
		}
		return known(users);
	}
}

function sameFolder(one: string, other: string): boolean {
	return one.replaceAll("/", "\\").toLowerCase() === other.replaceAll("/", "\\").toLowerCase();
}
