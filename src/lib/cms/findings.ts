import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { t } from "../text.js";

/** A timestamp server that a setting names. */
interface OfServer {
	/** Its address. */
	url: string;
	why: string;
}

const seals: OfServer = { url: "http://tsa.example.com", why: "the server refuses connections" };

const sayWhy = ({ url, why }: OfServer) => t`${url}: ${why}`;

/** What all kinds of servers share: whom they are about, and the command that shows all. */
const ofServer = {
	affected: ({ url }: { url: string }) => ({ hosts: [hostOf(url)] }),
	remedies: ({ url }: { url: string }) => [line("tsa test", [], { tsa: url })],
};

function hostOf(url: string): string {
	return URL.canParse(url) ? new URL(url).hostname : url;
}

export const tsaNotReached: FindingKind<OfServer> = {
	id: "CFM-TSA-001",
	severity: "error",
	title: () => t`A timestamp server gives no answer`,
	text: sayWhy,
	...ofServer,
	sample: seals,
};

export const tsaSomethingElse: FindingKind<OfServer> = {
	id: "CFM-TSA-002",
	severity: "error",
	title: () => t`Something else answers for a timestamp server`,
	text: sayWhy,
	...ofServer,
	sample: { ...seals, why: "what came is something else, such as the page of a proxy" },
};

export const tsaRejects: FindingKind<OfServer> = {
	id: "CFM-TSA-003",
	severity: "error",
	title: () => t`A timestamp server refuses to make a timestamp`,
	text: sayWhy,
	...ofServer,
	sample: { ...seals, why: "badAlg" },
};

export const stampNotValid: FindingKind<OfServer> = {
	id: "CFM-TSA-004",
	severity: "error",
	title: () => t`The timestamps of a server are not valid`,
	text: sayWhy,
	...ofServer,
	sample: { ...seals, why: "the timestamp is of something else" },
};

export const tsaClockDiffers: FindingKind<{ url: string; seconds: number }> = {
	id: "CFM-TSA-005",
	severity: "error",
	title: () => t`A timestamp server's clock differs from this machine's`,
	text: ({ url, seconds }) =>
		seconds > 0
			? t`${url} is ${Math.round(seconds / 60)} minutes ahead of this machine`
			: t`${url} is ${Math.round(-seconds / 60)} minutes behind this machine`,
	...ofServer,
	sample: { url: seals.url, seconds: 900 },
};

export const tsaExpired: FindingKind<OfServer> = {
	id: "CFM-TSA-006",
	severity: "error",
	title: () => t`A timestamp server signs with an expired certificate`,
	text: sayWhy,
	...ofServer,
	sample: { ...seals, why: "its certificate: expired" },
};

export const tsaWrongPurpose: FindingKind<OfServer> = {
	id: "CFM-TSA-007",
	severity: "error",
	title: () => t`A timestamp server's certificate is not for timestamps`,
	text: sayWhy,
	...ofServer,
	sample: { ...seals, why: "the certificate of its signer may not sign timestamps" },
};

export const tsaNotTrusted: FindingKind<OfServer> = {
	id: "CFM-TSA-008",
	severity: "error",
	title: () => t`This machine does not trust a timestamp server's authority`,
	text: sayWhy,
	...ofServer,
	sample: { ...seals, why: "its certificate: its issuer's certificate was not found" },
};

export const timestampKinds: readonly AnyKind[] = [
	...[tsaNotReached, tsaSomethingElse, tsaRejects, stampNotValid],
	...[tsaClockDiffers, tsaExpired, tsaWrongPurpose, tsaNotTrusted],
];
