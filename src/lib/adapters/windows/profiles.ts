import { homedir, userInfo } from "node:os";
import { basename } from "node:path/win32";
import type { LocalUser, ProfilesPort } from "../../client/ports.js";
import { type Known, known } from "../../known.js";
import type { WindowsRegistry } from "./registry.js";

const profileList = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";

/** `DOMAIN\name` of a SID; null when nobody knows it any more, or the domain does not answer. */
export type AccountLookup = (sid: string) => Promise<string | null>;

/** The users of this machine, from the list of profiles; system, service and application accounts left out. */
export class WindowsProfiles implements ProfilesPort {
	constructor(
		private readonly registry: Pick<WindowsRegistry, "keys" | "machineText">,
		private readonly accountOf: AccountLookup,
	) {}

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
		const users = [current];
		for (const one of listed.value) {
			if (!sameFolder(one.profileFolder, current.profileFolder)) users.push(await this.named(one));
		}
		return known(users);
	}

	/** A folder may be called `ana.CORP`, or after a name the account had once: only Windows knows whose a SID is. */
	private async named({ sid, profileFolder }: ListedProfile): Promise<LocalUser> {
		const account = await this.accountOf(sid).catch(() => null);
		if (account !== null) return { account, sid, profileFolder, isCurrent: false };
		return { account: basename(profileFolder), nameUnknown: true, sid, profileFolder, isCurrent: false };
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

interface ListedProfile {
	sid: string;
	profileFolder: string;
}

function sameFolder(one: string, other: string): boolean {
	return one.replaceAll("/", "\\").toLowerCase() === other.replaceAll("/", "\\").toLowerCase();
}
