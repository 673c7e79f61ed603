import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { t } from "../text.js";
import type { Cause } from "./service.js";
import { causeText, type Standing } from "./told.js";

interface ServiceFacts {
	name: string;
	/** The certificate's alias, and its owner. */
	alias: string;
	owner: string | null;
}

const affected = ({ owner }: { owner: string | null }) => (owner === null ? {} : { users: [owner] });
const sample: ServiceFacts = { name: "Invoices", alias: "Seal", owner: "CORP\\ana" };

interface SuspendedFacts extends ServiceFacts {
	cause: Cause;
	/** What it takes now, whatever it was suspended for; null: it can sign again. */
	lacks: Standing["lacks"];
}

export const suspendedByExpiry: FindingKind<SuspendedFacts> = {
	id: "CFM-SERVICE-001",
	severity: "error",
	title: () => t`A client service is suspended because something ran out`,
	text: ({ name, alias, cause }) => t`${name} signs with ${alias}: ${causeText(cause)}`,
	affected,
	remedies: ({ name, alias, lacks }) => {
		const show = line("services show", [name]);
		if (lacks === null) return [show, line("services activate", [name])];
		return lacks === "certificate"
			? [show, line("services set", [name], { cert: { fill: "ALIAS" } })]
			: [show, line("certs access renew", [alias], { granted: { fill: "2026-01-15" }, "activate-services": true })];
	},
	dependsOn: ["CFM-REGCERT-002", "CFM-REGCERT-004", "CFM-REGCERT-005"],
	sample: { ...sample, cause: "access-expired", lacks: "access" },
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
