import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { plural, someOf, t } from "../text.js";

/** A user's own part of the machine. */
interface OfUser {
	user: string;
}

const anas: OfUser = { user: "CORP\\ana" };
const affectedUser = ({ user }: OfUser) => ({ users: [user] });

export const virtualLoopback: FindingKind<{ host: string }> = {
	id: "CFM-MACHINE-004",
	severity: "error",
	title: () => t`Remote Desktop gives each session its own loopback address`,
	text: ({ host }) =>
		t`loopback IP virtualization is on: what listens on 127.0.0.1 on ${host} gets another address, and browsers do not find it`,
	affected: ({ host }) => ({ hosts: [host] }),
	sample: { host: "TS01" },
};

export const temporaryProfile: FindingKind<OfUser> = {
	id: "CFM-MACHINE-005",
	severity: "error",
	title: () => t`A user has a temporary profile`,
	text: ({ user }) =>
		t`Windows will delete the profile of ${user} when the user logs off, with the client and the web IDs`,
	affected: affectedUser,
	sample: anas,
};

export const roamingProfile: FindingKind<OfUser & { kind: "roaming" | "mandatory" }> = {
	id: "CFM-MACHINE-006",
	severity: "notice",
	title: () => t`A user's profile roams or is mandatory`,
	text: ({ user, kind }) =>
		kind === "roaming"
			? t`the profile of ${user} roams: the client and its ID go with it to other machines`
			: t`the profile of ${user} is mandatory: what is changed in it is gone after the next logon`,
	affected: affectedUser,
	sample: { ...anas, kind: "roaming" },
};

export const autostartMissing: FindingKind<OfUser> = {
	id: "CFM-MACHINE-007",
	severity: "notice",
	title: () => t`A client does not start when its user logs on`,
	text: ({ user }) => t`there is no startup entry for the client of ${user}: the user must start it after each logon`,
	affected: affectedUser,
	dependsOn: ["CFM-CLIENT-001"],
	sample: anas,
};

export const extraAuthorities: FindingKind<{ file: string }> = {
	id: "CFM-MACHINE-008",
	severity: "notice",
	title: () => t`Programs of Node.js believe additional authorities`,
	text: ({ file }) => t`NODE_EXTRA_CA_CERTS names ${file}: whoever can write it decides which servers are believed`,
	sample: { file: "C:\\ProgramData\\proxy\\root.pem" },
};

export const diskFull: FindingKind<{ path: string; free: number; all: number }> = {
	id: "CFM-MACHINE-009",
	severity: "warning",
	title: () => t`A disk is nearly full`,
	text: ({ path, free }) => t`${Math.floor(free / 1e6)} MB are free where ${path} is`,
	sample: { path: "C:\\ProgramData\\cfm", free: 90e6, all: 250e9 },
};

export const epfFolderMissing: FindingKind<OfUser & { path: string }> = {
	id: "CFM-MACHINE-010",
	severity: "warning",
	title: () => t`The folder of a user's .epf file is missing`,
	text: ({ path }) => t`${path} is not there`,
	affected: affectedUser,
	sample: { ...anas, path: "C:\\Users\\ana\\Entrust" },
};

export const epfFolderReadOnly: FindingKind<OfUser & { path: string }> = {
	id: "CFM-MACHINE-011",
	severity: "warning",
	title: () => t`The folder of a user's .epf file is read-only`,
	text: ({ path, user }) => t`${user} can't write in ${path}: renewing the certificate will fail`,
	affected: affectedUser,
	sample: { ...anas, path: "C:\\Users\\ana\\Entrust" },
};

export const folderOpen: FindingKind<{ message: string; adoptable: boolean }> = {
	id: "CFM-MACHINE-012",
	severity: "error",
	title: () => t`Others can change cfm's own folder`,
	text: ({ message }) => message.replace(/\.$/, ""),
	// Whether its content can be trusted is for a person to say.
	remedies: ({ adoptable }) => (adoptable ? [line("init", [], { adopt: true })] : []),
	sample: { message: "The content of C:\\ProgramData\\cfm can't be trusted.", adoptable: true },
};

export const loopbackProxied: FindingKind<{ source: string; server: string | null; user: string | null }> = {
	id: "CFM-NET-001",
	severity: "error",
	title: () => t`Connections to the loopback go through a proxy`,
	text({ source, server }) {
		const where = server ?? t`a proxy`;
		return t`${source} sends them to ${where}: the client is not there`;
	},
	affected: ({ user }) => ({ users: user === null ? [] : [user] }),
	sample: { source: "the Windows proxy setting", server: "proxy.corp.example:8080", user: anas.user },
};

/** A server of the vendor's, or the first of several of which the same is to be told. */
export interface ServerFacts {
	host: string;
	port: number;
	/** All of them, on that port. */
	hosts: readonly string[];
	/** Through which proxy it was tried. */
	proxy: string | null;
	why: string | null;
}

const server: ServerFacts = {
	...{ host: "notarius.com", port: 443, hosts: ["notarius.com"] },
	...{ proxy: null, why: "ETIMEDOUT" },
};
const affectedServers = ({ hosts, port }: Pick<ServerFacts, "hosts" | "port">) => ({ hosts, ports: [port] });
const addresses = ({ hosts, port }: ServerFacts) => someOf(hosts.map((host) => `${host}:${port}`));

/** Why a server does not answer: the system's names of errors in words, beside the name; anything else as it was told. */
function whyText(why: string | null): string {
	switch (why) {
		case "ENOTFOUND":
		case "EAI_AGAIN":
			return t`this machine can't find its address (${why})`;
		case "ECONNREFUSED":
			return t`the connection was refused (${why})`;
		case "ECONNRESET":
		case "EPIPE":
			return t`the connection was cut (${why})`;
		case "EHOSTUNREACH":
		case "ENETUNREACH":
			return t`no route leads to it (${why})`;
		case "ETIMEDOUT":
			return t`nothing came in time (${why})`;
		default:
			return why ?? "";
	}
}

const unreachable = (id: string, title: () => string, text: (facts: ServerFacts) => string, port: number) =>
	({
		...{ id, severity: "warning", title, text, affected: affectedServers },
		sample: { ...server, port },
	}) satisfies FindingKind<ServerFacts>;

export const webUnreachable = unreachable(
	"CFM-NET-002",
	() => t`No answer from the vendor's web servers`,
	(facts) => {
		const { proxy, why } = facts;
		return proxy === null
			? t`${addresses(facts)}: ${whyText(why)}`
			: t`${addresses(facts)}, through the proxy ${proxy}: ${whyText(why)}`;
	},
	443,
);

export const directoryUnreachable = unreachable(
	"CFM-NET-003",
	() => t`The vendor's directory (LDAP) does not answer`,
	(facts) => t`${addresses(facts)}: ${whyText(facts.why)}. LDAP does not pass a web proxy: the firewall must allow it`,
	389,
);

export const authorityUnreachable = unreachable(
	"CFM-NET-004",
	() => t`The vendor's certificate service (CMP) does not answer`,
	(facts) =>
		t`${addresses(facts)}: ${whyText(facts.why)}. CMP does not pass a web proxy: the firewall must allow it, or activating a certificate fails`,
	829,
);

export const tlsInspected: FindingKind<ServerFacts & { issuer: string | null }> = {
	id: "CFM-NET-005",
	severity: "warning",
	title: () => t`Somebody between here and the vendor inspects TLS`,
	text({ hosts, issuer, why }) {
		const [names, from] = [someOf(hosts), issuer ?? t`an unknown issuer`];
		return plural(hosts.length, {
			one: `the certificate of ${names} is from ${from}, which is no public authority (${why ?? ""})`,
			other: `the certificates of ${names} are from ${from}, which is no public authority (${why ?? ""})`,
		});
	},
	affected: affectedServers,
	dependsOn: ["CFM-NET-002"],
	sample: { ...server, why: "SELF_SIGNED_CERT_IN_CHAIN", issuer: "Corp Web Gateway" },
};

export const clockOff: FindingKind<Pick<ServerFacts, "host" | "port" | "hosts"> & { seconds: number }> = {
	id: "CFM-NET-006",
	severity: "error",
	title: () => t`This machine's clock is wrong`,
	text: ({ hosts, seconds }) =>
		seconds > 0
			? t`it is ${Math.round(seconds / 60)} minutes ahead of ${someOf(hosts)}: signatures get the wrong time, certificates look expired`
			: t`it is ${Math.round(-seconds / 60)} minutes behind ${someOf(hosts)}: signatures get the wrong time, certificates look not yet valid`,
	affected: affectedServers,
	dependsOn: ["CFM-NET-002"],
	sample: { host: "notarius.com", port: 443, hosts: ["notarius.com"], seconds: 900 },
};

/** A site's way to the loopback, in one browser. */
export interface AccessFacts {
	browser: string;
	site: string;
	policy: string | null;
}

const consigno: AccessFacts = { browser: "chrome", site: "https://consigno.example", policy: null };
const affectedSite = ({ site }: AccessFacts) => ({ sites: [site] });

export const loopbackBlocked: FindingKind<AccessFacts> = {
	id: "CFM-POLICY-001",
	severity: "error",
	title: () => t`A browser policy forbids a site to reach the client`,
	text: ({ browser, policy }) =>
		t`${browser}: ${policy ?? ""} blocks requests and WebSockets of the site to this machine`,
	affected: affectedSite,
	sample: { ...consigno, policy: "LoopbackNetworkBlockedForUrls" },
};

export const loopbackAsks: FindingKind<AccessFacts> = {
	id: "CFM-POLICY-002",
	severity: "warning",
	title: () => t`A browser asks each user before a site reaches the client`,
	text: ({ browser }) =>
		t`${browser}: no policy allows the site to reach this machine (LoopbackNetworkAllowedForUrls); a user who refuses once can't sign`,
	affected: affectedSite,
	sample: consigno,
};

export const framesAlone: FindingKind<AccessFacts> = {
	id: "CFM-POLICY-003",
	severity: "notice",
	title: () => t`A site in a frame does not reach the client by itself`,
	text: ({ browser }) =>
		t`${browser}: in a frame of another site's page it needs that page's permission (LocalNetworkAccessPermissionsPolicyDefaultEnabled is not set)`,
	affected: affectedSite,
	sample: consigno,
};

export const restrictionOff: FindingKind<AccessFacts> = {
	id: "CFM-POLICY-004",
	severity: "notice",
	title: () => t`A browser allows every site to reach this machine, for a time`,
	text: ({ browser, policy }) =>
		t`${browser}: ${policy ?? ""} will be removed from the browser; allow the managed sites instead`,
	affected: affectedSite,
	sample: { ...consigno, policy: "LocalNetworkAccessRestrictionsTemporaryOptOut" },
};

const machineKinds: readonly AnyKind[] = [
	virtualLoopback,
	temporaryProfile,
	roamingProfile,
	autostartMissing,
	extraAuthorities,
	diskFull,
	epfFolderMissing,
	epfFolderReadOnly,
	folderOpen,
];

export const networkKinds: readonly AnyKind[] = [
	loopbackProxied,
	webUnreachable,
	directoryUnreachable,
	authorityUnreachable,
	tlsInspected,
	clockOff,
];

export const policyKinds: readonly AnyKind[] = [loopbackBlocked, loopbackAsks, framesAlone, restrictionOff];

export const surroundingKinds: readonly AnyKind[] = [...machineKinds, ...networkKinds, ...policyKinds];
