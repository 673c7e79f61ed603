import { type Account, keysOf } from "../account/account.js";
import { certain, registered, whoIsMeant } from "../account/whose.js";
import type { RecordKind } from "../registry/kind.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { clientUndoneBy } from "./acts.js";

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

export const installations: RecordKind<
	Installation,
	"install" | "uninstall" | "set-client" | "installation.rename",
	"machine" | "name",
	"id"
> = {
	name: "installation",
	actions: ["install", "uninstall", "set-client", "installation.rename"],
	environment: "environment",
	key: ["machine", "user"],
	subject: ({ user }) => user,
	id: ({ id }) => id,
	about: ["user"],
	rename: "installation.rename",
	undoneBy: ({ action, before, after }) => {
		if (action.includes(".")) return undefined;
		const { environment, user, outcome, id } = (after ?? before) as Installation;
		const done = outcome === "uninstalled" ? "uninstall" : before === null || before.id === id ? "install" : "set";
		return clientUndoneBy[done]({ environment, user, id: before?.id ?? null });
	},
	usesId: ({ outcome }) => outcome === "installed",
	called: ({ user, machine }) => t`installation of ${user} on ${machine}`,
	filters: { machine: { by: "machine", test: "is" }, name: { by: "name_key", test: "is" } },
	orders: { id: ["environment", "machine", "id"] },
	table: {
		name: "installations",
		columns: {
			machine: { column: "machine", as: "name" },
			user: "user",
			id: "id",
			outcome: "outcome",
			version: "version",
			path: "path",
			installerSha256: "installer_sha256",
			returnCode: "return_code",
			rebootRequired: { column: "reboot_required", as: "boolean" },
			at: "at",
		},
		made: { name_key: ({ user }) => keysOf(user).name, domain_key: ({ user }) => keysOf(user).domain },
		key: ["machine", "name_key", "domain_key"],
	},
	schema: {
		sqlite: {
			1: `
	CREATE TABLE installations (
		environment     INTEGER NOT NULL REFERENCES environments,
		machine         TEXT    NOT NULL COLLATE NOCASE,
		name_key        TEXT    NOT NULL,
		domain_key      TEXT    NOT NULL,
		user            TEXT    NOT NULL,
		id              INTEGER NOT NULL,
		outcome         TEXT    NOT NULL,
		version         TEXT,
		path            TEXT,
		installer_sha256 TEXT,
		return_code     INTEGER,
		reboot_required INTEGER NOT NULL,
		at              TEXT    NOT NULL,
		PRIMARY KEY (environment, machine, name_key, domain_key)
	) STRICT, WITHOUT ROWID;
	`,
		},
	},
};

/** What is recorded, by environment, machine and ID. */
export async function listInstallations(
	view: RegistryView,
	{ environment, machine }: { environment?: string | undefined; machine?: string | undefined },
): Promise<Installation[]> {
	return (await Array.fromAsync(view.records(installations, { environment, where: { machine }, order: "id" }))).flat();
}

/** The installation of the account, under any spelling that is surely the same. */
export async function findInstallation(
	view: RegistryView,
	environment: string,
	machine: string,
	account: Account,
): Promise<Installation | undefined> {
	const exact = await view.record(installations, { environment, machine, user: account.spelling });
	if (exact !== undefined) return exact;
	const where = { machine, name: account.name };
	const named = (await Array.fromAsync(view.records(installations, { environment, where }))).flat();
	const domains = (await view.environment(environment))?.domains ?? [];
	const meant = certain(whoIsMeant(account, named, ({ user }) => registered({ user, sid: null }), domains));
	return meant.is === "one" ? meant.one : undefined;
}
