import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { t } from "../text.js";
import type { Cause } from "./service.js";
import { causeText } from "./told.js";

interface ServiceFacts {
	name: string;
	/** The certificate's alias, and its owner. */
	alias: string;
	owner: string | null;
}

const affected = ({ owner }: { owner: string | null }) => (owner === null ? {} : { users: [owner] });
const sample: ServiceFacts = { name: "Invoices", alias: "Seal", owner: "CORP\\ana" };

export const suspendedByExpiry: FindingKind<ServiceFacts & { cause: Cause }> = {
	id: "CFM-SERVICE-001",
	severity: "error",
	title: () => t`A client service is suspended because something ran out`,
	text: ({ name, alias, cause }) => t`${name} signs with ${alias}: ${causeText(cause)}`,
	affected,
	remedies: ({ name, alias, cause }) =>
		cause === "certificate-expired"
			? [line("services show", [name]), line("services set", [name], { cert: { fill: "ALIAS" } })]
			: [
					line("services show", [name]),
					line("certs access renew", [alias], { granted: { fill: "2026-01-15" }, "activate-services": true }),
				],
	dependsOn: ["CFM-REGCERT-002", "CFM-REGCERT-004"],
	sample: { ...sample, cause: "access-expired" },
};

export const onRetiredCertificate: FindingKind<ServiceFacts> = {
	id: "CFM-SERVICE-002",
	severity: "warning",
	title: () => t`A client service signs with a retired certificate`,
	text: ({ name, alias }) => t`${name} signs with ${alias}, which was retired`,
	affected,
	remedies: ({ name }) => [
		line("services show", [name]),
		line("services set", [name], { cert: { fill: "ALIAS" } }),
		line("services remove", [name]),
	],
	sample,
};

export const serviceKinds: readonly AnyKind[] = [suspendedByExpiry, onRetiredCertificate];
