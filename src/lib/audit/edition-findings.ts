import type { AnyKind, FindingKind } from "../finding/finding.js";
import { remedyIn } from "../finding/remedy.js";
import { someOf, t } from "../text.js";

interface LeftWebIds {
	environment: string;
	user: string;
	sites: readonly string[];
	/** The key that is cleared in each site's localStorage. */
	key: "CFM_ID";
}

/** Clarification 8 of the vendor's page, in the browser: the regular edition's page finds a web ID, and asks for an ID. */
export const webIdsLeft: FindingKind<LeftWebIds> = {
	id: "CFM-AUDIT-007",
	severity: "error",
	title: () => t`Web IDs are left behind where the regular edition is used`,
	text: ({ user, sites, key }) =>
		t`${user} has the regular edition and no ID, but browsers still have ${key} for ${someOf(sites)}: the regular edition keeps asking for an ID`,
	affected: ({ user, sites }) => ({ users: [user], sites }),
	// Whether they shall have an ID after all is for a person to say.
	remedies: ({ environment, user, sites }) => [remedyIn(environment, "web clear", [], { user, site: sites })],
	sample: {
		...{ environment: "default", user: "CORP\\ana", key: "CFM_ID" },
		sites: ["https://consigno.example"],
	},
};

interface LeftServerEdition {
	environment: string;
	user: string;
	/** Whether its program is there, or only what it left. */
	program: boolean;
	/** Folders, and keys and values of the Windows Registry. */
	places: readonly string[];
}

/** Clarification 8, on the machine. */
export const serverEditionLeft: FindingKind<LeftServerEdition> = {
	id: "CFM-AUDIT-017",
	severity: "warning",
	title: () => t`The Server Edition is left behind where the regular edition is used`,
	text: ({ user, places }) =>
		t`${user} has the regular edition and no ID, but the Server Edition left ${someOf(places)}`,
	affected: ({ user }) => ({ users: [user] }),
	// An uninstaller works in its user's session; what is left without one goes without it.
	remedies: ({ environment, user, program }) =>
		program
			? [remedyIn(environment, "uninstall", [], { silent: true, user })]
			: [remedyIn(environment, "client forget", [user])],
	sample: {
		...{ environment: "default", user: "CORP\\ana", program: false },
		places: ["HKCU\\Software\\Notarius\\certifio-manager-se\\CFMID"],
	},
};

interface LeftRegularEdition {
	user: string;
	/** Its program and what starts it, as far as they are there. */
	places: readonly string[];
	commonPort: number;
}

/** The other direction: two editions at once, of which the regular one takes the common port. */
export const regularEditionLeft: FindingKind<LeftRegularEdition> = {
	id: "CFM-AUDIT-008",
	severity: "warning",
	title: () => t`The regular edition is left behind where the Server Edition is used`,
	text: ({ user, places, commonPort }) =>
		t`${user} has an ID, but the regular edition left ${someOf(places)}: when it runs, it takes port ${commonPort}. Remove it in the user's session`,
	affected: ({ user }) => ({ users: [user] }),
	// The vendor's own uninstaller removes it.
	sample: {
		user: "CORP\\ana",
		places: ["C:\\Users\\ana\\AppData\\Roaming\\Notarius\\certifio-manager\\certifio-manager.exe"],
		commonPort: 24_250,
	},
};

interface MissingRoot {
	environment: string;
	user: string;
	version: string;
	name: string;
}

export const rootCertificateMissing: FindingKind<MissingRoot> = {
	id: "CFM-AUDIT-012",
	severity: "error",
	title: () => t`A client's root certificate is not in its user's store`,
	text: ({ version, name }) =>
		t`version ${version} needs the root certificate “${name}” in the user's own store, where it is not`,
	affected: ({ user }) => ({ users: [user] }),
	// Later versions need none.
	remedies: ({ environment, user }) => [remedyIn(environment, "install", [], { silent: true, user })],
	sample: { environment: "default", user: "CORP\\ana", version: "2.0.1", name: "Notarius-CertifiO Manager" },
};

/** Those that are found without a look into browsers. */
export const editionAuditKinds: readonly AnyKind[] = [serverEditionLeft, regularEditionLeft, rootCertificateMissing];
