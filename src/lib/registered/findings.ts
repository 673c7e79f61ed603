import { localMinute } from "../calendar/day.js";
import { type CommandLine, line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { t } from "../text.js";
import { daysText, type ToldAccess } from "./told.js";

interface CertificateFacts {
	alias: string;
	owner: string | null;
	/** ISO 8601 UTC. */
	notAfter: string;
	daysLeft: number;
}

interface RevokedFacts {
	alias: string;
	owner: string | null;
	/** ISO 8601 UTC. */
	revokedAt: string | null;
	reason: string | null;
}

interface AccessFacts {
	alias: string;
	owner: string | null;
	expiresAt: string;
	zone: string;
	daysLeft: number;
	used: number;
	allowance: number;
	state: ToldAccess["state"];
}

const affected = ({ owner }: { owner: string | null }) => (owner === null ? {} : { users: [owner] });
const see = ({ alias }: { alias: string }): CommandLine => line("certs show", [alias]);
const renew = ({ alias }: { alias: string }): CommandLine =>
	line("certs access renew", [alias], { granted: { fill: "2026-01-15" } });

const certificate: CertificateFacts = {
	...{ alias: "Seal", owner: "CORP\\ana", notAfter: "2026-02-14T12:00:00.000Z", daysLeft: 20 },
};
const access: AccessFacts = {
	...{ alias: "Seal", owner: "CORP\\ana", expiresAt: "2026-02-01T05:00:00.000Z", zone: "America/Toronto" },
	...{ daysLeft: 5, used: 1200, allowance: 1_000_000_000, state: "valid" },
};

export const certificateExpiring: FindingKind<CertificateFacts> = {
	id: "CFM-REGCERT-001",
	severity: "warning",
	title: () => t`A registered certificate expires soon`,
	text: ({ alias, notAfter, daysLeft }) =>
		t`${alias} is valid until ${notAfter.slice(0, 10)} (UTC): ${daysText(daysLeft)}`,
	affected,
	// It is signed with still: its successor comes first, and only then is it retired.
	remedies: (facts) => [see(facts), line("certs register", [{ fill: "FILE" }], { alias: { fill: "ALIAS" } })],
	sample: certificate,
};

export const certificateExpired: FindingKind<CertificateFacts> = {
	id: "CFM-REGCERT-002",
	severity: "error",
	title: () => t`A registered certificate has expired`,
	text: ({ alias, notAfter }) => t`${alias} was valid until ${notAfter.slice(0, 10)} (UTC)`,
	affected,
	remedies: (facts) => [see(facts), line("certs retire", [facts.alias])],
	sample: { ...certificate, daysLeft: -2 },
};

export const accessExpiring: FindingKind<AccessFacts> = {
	id: "CFM-REGCERT-003",
	severity: "warning",
	title: () => t`Access to a registered certificate ends soon`,
	text: ({ alias, expiresAt, zone, used, allowance }) =>
		t`access to ${alias} expires at ${localMinute(expiresAt, zone)} ${zone}; signatures: ${used} of ${allowance}`,
	affected,
	remedies: (facts) => [see(facts), renew(facts)],
	sample: access,
};

export const accessOver: FindingKind<AccessFacts> = {
	id: "CFM-REGCERT-004",
	severity: "error",
	title: () => t`Access to a registered certificate has ended`,
	text: ({ alias, expiresAt, zone, used, allowance, state }) =>
		state === "used-up"
			? t`access to ${alias} is used up: ${used} of ${allowance} signatures`
			: t`access to ${alias} expired at ${localMinute(expiresAt, zone)} ${zone}; signatures: ${used} of ${allowance}`,
	affected,
	remedies: (facts) => [see(facts), renew(facts)],
	sample: { ...access, daysLeft: -2, state: "expired" },
};

export const certificateRevoked: FindingKind<RevokedFacts> = {
	id: "CFM-REGCERT-005",
	severity: "error",
	title: () => t`A registered certificate was revoked`,
	text: ({ alias, revokedAt, reason }) => {
		const at =
			revokedAt === null ? t`${alias} was revoked` : t`${alias} was revoked on ${revokedAt.slice(0, 10)} (UTC)`;
		return reason === null ? at : `${at}: ${reason}`;
	},
	affected,
	// One on hold may be believed again.
	remedies: (facts) => [
		see(facts),
		line(facts.reason === "certificateHold" ? "certs refresh" : "certs retire", [facts.alias]),
	],
	sample: { alias: "Seal", owner: "CORP\\ana", revokedAt: "2026-02-01T05:00:00.000Z", reason: "keyCompromise" },
};

export const registeredKinds: readonly AnyKind[] = [
	certificateExpiring,
	certificateExpired,
	accessExpiring,
	accessOver,
	certificateRevoked,
];
