/** What was last seen of a user's client on a machine. */
export interface Installation {
	environment: string;
	user: string;
	machine: string;
	id: number;
	outcome: "installed" | "failed" | "uninstalled";
	version: string | null;
	path: string | null;
	installerSha256: string | null;
	returnCode: number | null;
	rebootRequired: boolean;
	at: string;
}

export interface InstallationQuery {
	environment?: string | undefined;
	machine?: string | undefined;
}
