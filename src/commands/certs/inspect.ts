import type { CrlFacts } from "../../lib/certificate/certificates.js";
import { inspect } from "../../lib/certificate/inputs.js";
import { command } from "../../lib/cli/definition.js";
import { localTime } from "../../lib/cli/time.js";
import type { Block } from "../../lib/cli/view.js";
import { CfmError } from "../../lib/errors.js";
import { t } from "../../lib/text.js";
import { tokenFlags } from "../_token.js";
import { certificatesOf, inStore, onToken, openNamed, passwordFlag } from "./_inputs.js";
import { certificateFacts } from "./_view.js";

export default command({
	summary: t`Show what is in a certificate, a PKCS#12 file, a store or on a token`,
	description: t`Reads PEM, DER, PKCS#7, PKCS#12, revocation lists, and Windows' stores. Verifies nothing.`,
	role: "none",
	args: { file: { summary: t`The file; - for standard input` } },
	flags: {
		store: {
			kind: "text",
			value: "STORE",
			summary: t`A store of Windows instead: user, machine, user/Root, machine/CA …`,
		},
		module: { ...tokenFlags.module, required: false, summary: t`The PKCS#11 module of a token instead, with --slot` },
		slot: { ...tokenFlags.slot, required: false },
		...passwordFlag,
	},
	examples: [
		{ what: t`A file`, line: "cfm certs inspect ana.pem" },
		{ what: t`For a script`, line: "cfm certs inspect ana.pem --json" },
	],
	async run({ args, flags }, context) {
		const certificates = await certificatesOf(context);
		const { module, slot } = flags;
		const sources = [args.file, flags.store, module].filter((one) => one !== undefined);
		if (sources.length !== 1 || (module === undefined) !== (slot === undefined)) {
			throw new CfmError("usage", "one-source", t`Specify a file, --store, or --module with --slot: one of them.`);
		}
		if (module !== undefined && slot !== undefined) {
			const found = { certificates: (await onToken(context, module, slot)).ders, crls: [] };
			return { source: module, kind: "token" as const, hasKey: false, ...(await inspect(certificates, found)) };
		}
		if (flags.store !== undefined) {
			const found = { certificates: await inStore(context, flags.store), crls: [] };
			return { source: flags.store, kind: "store" as const, hasKey: false, ...(await inspect(certificates, found)) };
		}
		const file = args.file ?? "";
		const { kind, hasKey, ...found } = await openNamed(context, certificates, file, flags["password-file"]);
		return { source: file, kind, hasKey, ...(await inspect(certificates, found)) };
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
