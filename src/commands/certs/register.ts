import { parseAccount } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import { parseAlias } from "../../lib/registered/find.js";
import { readCertificate, registerCertificate } from "../../lib/registered/register.js";
import { settling } from "../../lib/service/settle.js";
import { t } from "../../lib/text.js";
import { bytesOf, certificatesOf } from "./_inputs.js";
import { certificateBlocks } from "./_register.js";

export default command({
	summary: t`Register a signing certificate, so that its end is watched`,
	description: t`Takes the certificate alone: a file with a private key is refused, and nothing of it is stored.`,
	registry: true,
	changes: "mild",
	args: { file: { summary: t`The certificate as PEM, DER or PKCS#7; - for standard input`, required: true } },
	flags: {
		alias: { kind: "text", value: "ALIAS", required: true, summary: t`What it is called here; no two are alike` },
		owner: { kind: "text", value: "USER", of: "user", summary: t`The user who signs with it` },
		wallet: { kind: "text", value: "NAME", summary: t`The wallet that holds it` },
		note: { kind: "text", value: "TEXT", summary: t`A note` },
	},
	examples: [{ what: t`With its owner`, line: "cfm certs register ana.pem --alias Seal --owner CORP\\ana" }],
	async run({ args, flags }, context) {
		const alias = parseAlias(flags.alias);
		const owner = flags.owner === undefined ? null : parseAccount(flags.owner).spelling;
		const facts = await readCertificate(await certificatesOf(context), await bytesOf(args.file), args.file);
		const settings = await context.settings();
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const own = { alias, owner, wallet: flags.wallet ?? null, note: flags.note ?? null };
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
