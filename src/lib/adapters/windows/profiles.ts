import { homedir } from "node:os";
import { basename } from "node:path/win32";
import type { LocalUser, UserProfiles } from "../../client/machine.js";
import { type Known, known } from "../../known.js";
import type { AccountNames } from "./account-names.js";
import type { WindowsRegistry } from "./registry.js";
import type { Self } from "./who-am-i.js";

const profileList = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

/** The users of this machine, from the list of profiles; system, service and application accounts left out. */
export class WindowsProfiles implements UserProfiles {
	constructor(
		private readonly registry: Pick<WindowsRegistry, "keys" | "machineText">,
		private readonly accountNames: AccountNames,
		private readonly whoAmI: () => Promise<Self>,
	) {}

	async currentUser(): Promise<LocalUser> {
		const { account, sid } = await this.whoAmI();
		const profileFolder = process.env.USERPROFILE ?? homedir();
		const listed = this.list();
		const own = listed.known ? listed.value.find((one) => sameFolder(one.profileFolder, profileFolder)) : undefined;
		return { account, sid: own?.sid ?? sid, profileFolder, isCurrent: true };
	}

	/** A folder may be called `ana.CORP`, or after a name the account had once: only Windows knows whose a SID is. */
	async users(): Promise<Known<LocalUser[]>> {
		const listed = this.list();
		if (!listed.known) return listed;
		const current = await this.currentUser();
		const others = listed.value.filter(({ profileFolder }) => !sameFolder(profileFolder, current.profileFolder));
		const names = await this.accountNames(others.map(({ sid }) => sid)).catch(() => new Map<string, string>());
		return known([current, ...others.map((one) => named(one, names.get(one.sid)))]);
	}

	private list(): Known<ListedProfile[]> {
		const sids = this.registry.keys("machine", profileList);
		if (!sids.known) return sids;
		const profiles: ListedProfile[] = [];
		// S-1-5-21: accounts of a domain or machine; S-1-12-1: of Entra ID. The rest are services.
		for (const sid of sids.value.filter((one) => /^S-1-(5-21|12-1)-[\d-]+$/.test(one))) {
			const folder = this.registry.machineText(`${profileList}\\${sid}`, "ProfileImagePath");
			if (!folder.known || folder.value === null) continue;
			profiles.push({ sid, profileFolder: folder.value.replace(/%SystemDrive%/gi, process.env.SystemDrive ?? "C:") });
		}
		return known(profiles);
	}
}

function named({ sid, profileFolder }: ListedProfile, account: string | undefined): LocalUser {
	if (account !== undefined) return { account, sid, profileFolder, isCurrent: false };
	return { account: basename(profileFolder), nameUnknown: true, sid, profileFolder, isCurrent: false };
}

interface ListedProfile {
	sid: string;
	profileFolder: string;
}

function sameFolder(one: string, other: string): boolean {
	return one.replaceAll("/", "\\").toLowerCase() === other.replaceAll("/", "\\").toLowerCase();
}
