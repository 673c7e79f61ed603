import { parseAccount } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import type { Context } from "../../lib/context.js";
import { CfmError } from "../../lib/errors.js";
import { parseAlias } from "../../lib/registered/find.js";
import { type OwnFacts, readCertificate, registerCertificate, theCertificate } from "../../lib/registered/register.js";
import { settling } from "../../lib/service/settle.js";
import { t } from "../../lib/text.js";
import { tokenFlags } from "../_token.js";
import { bytesOf, certificatesOf, inStore, onToken, placeOfStore } from "./_inputs.js";
import { certificateBlocks } from "./_register.js";

export default command({
	summary: t`Register a signing certificate, so that its end is watched`,
	description: t`The certificate alone: a file with a private key is refused.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { file: { summary: t`A file: PEM, DER or PKCS#7; - for standard input`, required: false } },
	flags: {
		alias: { kind: "text", value: "ALIAS", required: true, summary: t`What it is called here; no two are alike` },
		store: { kind: "text", value: "STORE", summary: t`In a store of Windows: user, machine, user/NAME, machine/NAME` },
		module: { ...tokenFlags.module, required: false, summary: t`On a token: its PKCS#11 module, with --slot` },
		slot: { ...tokenFlags.slot, required: false },
		id: { kind: "text", value: "HEX", summary: t`On a token: only that of the key with this ID (CKA_ID)` },
		fingerprint: { kind: "text", value: "HEX", summary: t`The one of several with this SHA-256` },
		owner: { kind: "text", value: "USER", of: "user", summary: t`The user who signs with it` },
		wallet: { kind: "text", value: "NAME", summary: t`The wallet that holds it` },
		note: { kind: "text", value: "TEXT", summary: t`A note` },
	},
	examples: [{ what: t`With its owner`, line: "cfm certs register ana.pem --alias Seal --owner CORP\\ana" }],
	async run({ args, flags }, context) {
		const alias = parseAlias(flags.alias);
		const owner = flags.owner === undefined ? null : parseAccount(flags.owner).spelling;
		const { facts, place } = await factsOf(context, args.file, flags);
		const settings = await context.settings();
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const own = { alias, owner, wallet: flags.wallet ?? null, note: flags.note ?? null, place };
		const now = context.host.now();
		const answer = await context.carryOut(settling(registerCertificate({ ...own, facts, now }), now), registry);
		const { validity } = answer.certificate;
		if (validity === "expired" || validity === "not-yet-valid")
			context.shell.warn(
				validity === "expired" ? t`The certificate has expired.` : t`The certificate is not valid yet.`,
			);
		return answer;
	},
	view: certificateBlocks,
});

interface Source {
	store?: string | undefined;
	module?: string | undefined;
	slot?: number | undefined;
	id?: string | undefined;
	fingerprint?: string | undefined;
}

/** What the certificate says of itself, of the one place that was named. @throws CfmError usage `one-source` */
async function factsOf(
	context: Context,
	file: string | undefined,
	{ store, module, slot, id, fingerprint }: Source,
): Promise<{ facts: OwnFacts; place: string | null }> {
	const named = [file, store, module].filter((one) => one !== undefined);
	if (named.length !== 1 || (module === undefined) !== (slot === undefined) || (id !== undefined && slot === undefined))
		throw new CfmError("usage", "one-source", t`Specify a file, --store, or --module with --slot: one of them.`);
	const reader = await certificatesOf(context);
	if (file !== undefined)
		return { facts: await readCertificate(reader, await bytesOf(file), file, fingerprint), place: null };
	if (store !== undefined) {
		const facts = await theCertificate(reader, await inStore(context, store), store, fingerprint);
		return { facts, place: await placeOfStore(context, store) };
	}
	const { ders, place } = await onToken(context, module ?? "", slot ?? 0, id);
	return { facts: await theCertificate(reader, ders, module ?? "", fingerprint), place };
}
