import type { ListedClient } from "../client/list.js";
import type { LocalUser, Machine, RegularEdition } from "../client/machine.js";
import type { ClientProfile } from "../client/profile.js";
import { CfmError } from "../errors.js";
import { couldNotTell, type Finding, found, notHere } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import type { Known } from "../known.js";
import { t } from "../text.js";
import {
	editionAuditKinds,
	regularEditionLeft,
	rootCertificateMissing,
	serverEditionLeft,
} from "./edition-findings.js";
import type { AuditSources } from "./probes.js";

/**
 * The edition that is a user's: who has an ID is meant to have the Server Edition, and so is who runs it. Who has the
 * regular edition and neither is meant to have that one. `unclear`: nobody knows whether they have an ID, or what runs.
 */
export function editionOf(
	client: Pick<ListedClient, "allocatedId" | "running" | "unknown"> | undefined,
): "server" | "regular" | "unclear" {
	if (client === undefined) return "regular";
	if (client.allocatedId !== null || client.running === true) return "server";
	return client.unknown.includes("allocatedId") || client.running === null ? "unclear" : "regular";
}

const editions: Probe<AuditSources, "environment" | "machine" | "profile" | "local" | "clients" | "regular"> = {
	name: "audit-editions",
	group: "client",
	kinds: editionAuditKinds,
	needs: ["environment", "machine", "profile", "local", "clients", "regular"],
	async *look({ environment, machine, profile, local, clients, regular }) {
		if (!local.known) throw new CfmError("unavailable", "users-unknown", local.why);
		const rows = new Map(clients.map((one) => [one.user, one]));
		for (const user of local.value) {
			const about = { environment: environment.name, user: user.account };
			const row = rows.get(user.account);
			yield* besides({ ...about, profile, machine, local: user, row, seen: regular.get(user.account) });
			yield* rooted(about.environment, row, user, machine, profile);
		}
	},
};

interface Case {
	environment: string;
	user: string;
	profile: ClientProfile;
	machine: Machine;
	local: LocalUser;
	/** Their client; undefined for one who has neither a trace of it nor an ID. */
	row: ListedClient | undefined;
	seen: Known<RegularEdition | null> | undefined;
}

async function* besides({ environment, user, profile, machine, local, row, seen }: Case): AsyncGenerator<Finding> {
	const facts = { environment, user, program: false, places: [] };
	const asRegular = { user, places: [], commonPort: profile.commonPort };
	if (seen === undefined || !seen.known) {
		const why = seen === undefined || seen.known ? t`nobody looked for the regular edition` : seen.why;
		yield couldNotTell(serverEditionLeft, facts, why);
		yield couldNotTell(regularEditionLeft, asRegular, why);
		return;
	}
	if (seen.value === null) {
		for (const kind of [serverEditionLeft, regularEditionLeft])
			yield notHere(kind, t`the client profile does not say where the regular edition is`);
		return;
	}
	const { program, startupEntry } = seen.value;
	const edition = editionOf(row);
	const places = [program, startupEntry].filter((path) => path !== null);
	if (places.length === 0) return;
	if (edition === "unclear") {
		const why = t`can't determine which edition ${user} uses`;
		yield couldNotTell(serverEditionLeft, facts, why);
		yield couldNotTell(regularEditionLeft, { ...asRegular, places }, why);
	} else if (edition === "server") yield found(regularEditionLeft, { ...asRegular, places });
	else if (program !== null) {
		const traces = await tracesOf(machine, profile, local);
		if (traces.places.length > 0) yield found(serverEditionLeft, { ...facts, ...traces });
		else if (traces.why !== null) yield couldNotTell(serverEditionLeft, facts, traces.why);
	}
}

/** What the Server Edition has, or left, in a user's profile. Only of whom has the regular edition this is asked. */
async function tracesOf(machine: Machine, profile: ClientProfile, user: LocalUser) {
	const state = await machine.client.look(user, profile);
	const { clientId, uninstallKey } = machine.system === "Windows" ? profile.windows : profile.linux;
	const within = (name: string) => (machine.system === "Windows" ? `HKCU\\${name}` : `${state.folder}/${name}`);
	const program = state.installed.known && state.installed.value;
	const places = [
		...(program ? [state.folder] : []),
		...(state.registered.known && state.registered.value ? [within(uninstallKey)] : []),
		...(state.clientId.known && state.clientId.value !== null
			? [within("key" in clientId ? `${clientId.key}\\${clientId.value}` : clientId.file)]
			: []),
	];
	const unclear = [state.installed, state.registered, state.clientId].find(({ known }) => !known);
	return { program, places, why: unclear === undefined || unclear.known ? null : unclear.why };
}

/** Only clients of some versions need a root certificate of their user's. */
async function* rooted(
	environment: string,
	row: ListedClient | undefined,
	user: LocalUser,
	machine: Machine,
	profile: ClientProfile,
): AsyncGenerator<Finding> {
	const { name, versions } = profile.rootCertificate;
	const version = row?.installed === true ? row.version : null;
	if (version === null || !versions.some((one) => version === one || version.startsWith(`${one}.`))) return;
	const facts = { environment, user: user.account, version, name };
	const root = await machine.client.hasRootCertificate(user, profile);
	if (!root.known) yield couldNotTell(rootCertificateMissing, facts, root.why);
	else if (root.value === null) yield notHere(rootCertificateMissing, t`only Windows has users' own stores of roots`);
	else if (!root.value) yield found(rootCertificateMissing, facts);
}

export const editionAuditProbes = [editions];
