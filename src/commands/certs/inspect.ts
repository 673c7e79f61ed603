import type { CrlFacts } from "../../lib/certificate/certificates.js";
import { inspect } from "../../lib/certificate/inputs.js";
import { command } from "../../lib/cli/definition.js";
import { localTime } from "../../lib/cli/time.js";
import type { Block } from "../../lib/cli/view.js";
import { t } from "../../lib/text.js";
import { atPlace, certificatesOf, passwordFlag, placeFlags } from "./_inputs.js";
import { certificateFacts } from "./_view.js";

export default command({
	summary: t`Show what is in a certificate, a PKCS#12 file, a store or on a token`,
	description: t`Reads PEM, DER, PKCS#7, PKCS#12, revocation lists, and Windows' stores. Verifies nothing.`,
	role: "none",
	args: { file: { summary: t`The file; - for standard input` } },
	flags: {
		...placeFlags,
		...passwordFlag,
	},
	examples: [
		{ what: t`A file`, line: "cfm certs inspect ana.pem" },
		{ what: t`For a script`, line: "cfm certs inspect ana.pem --json" },
	],
	async run({ args, flags }, context) {
		const certificates = await certificatesOf(context);
		const place = { ...args, ...flags, passwordFile: flags["password-file"] };
		const { source, kind, hasKey, ...found } = await atPlace(context, certificates, place);
		return { source, kind, hasKey, ...(await inspect(certificates, found)) };
	},
	view: ({ certificates, crls, hasKey }): Block[] => [
		...certificates.flatMap((one, at): Block[] => [...(at === 0 ? [] : [{ line: "" }]), certificateFacts(one)]),
		...crls.flatMap((one, at): Block[] => [...(at + certificates.length === 0 ? [] : [{ line: "" }]), crlFacts(one)]),
		...(hasKey ? [{ line: t`A private key is with the first certificate.` }] : []),
		...(certificates.length + crls.length === 0 ? [{ line: t`There are no certificates.` }] : []),
	],
});

function crlFacts({ issuer, thisUpdate, nextUpdate, isDelta }: CrlFacts): Block {
	const time = (iso: string | null) => (iso === null ? t`unknown` : localTime(iso));
	return {
		facts: [
			[isDelta ? t`Delta revocation list of` : t`Revocation list of`, issuer],
			[t`Issued`, time(thisUpdate)],
			[t`Next`, time(nextUpdate)],
		],
	};
}
