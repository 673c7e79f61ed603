import { command } from "../../lib/cli/definition.js";
import { badLineFlags, fileFlags } from "../../lib/cli/input/flags.js";
import { skippedLinesError } from "../../lib/cli/input/lines.js";
import { importCertificates } from "../../lib/registered/import.js";
import { settling } from "../../lib/service/settle.js";
import { t } from "../../lib/text.js";
import { finish, makeRejects, refuse } from "../_bad-lines.js";
import { readImportedCertificates } from "./_imported.js";
import { certificatesOf } from "./_inputs.js";
import { certificatesTable, inventoryLine } from "./_register.js";

export default command({
	summary: t`Register the certificates of a file`,
	description: t`CSV with alias and certificate (PEM, or DER in Base64), perhaps owner, wallet, status, replacedBy, note; or JSON of "cfm certs export". All or nothing. A file with a private key is refused.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { file: { summary: t`The file; - is standard input`, required: true } },
	flags: { ...fileFlags, ...badLineFlags },
	examples: [
		{ what: t`Preview what would be registered`, line: "cfm certs import certificates.csv --dry-run" },
		{ what: t`Register them`, line: "cfm certs import certificates.csv" },
	],
	async run({ args, flags }, context) {
		const reader = await certificatesOf(context);
		const { rows, bad, input } = await readImportedCertificates(reader, args.file, flags);
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const keepGoing = flags["keep-going"] || flags.rejects !== undefined;
		const now = context.host.now();
		const writeRejects = await makeRejects(flags.rejects, input, context);
		const request = { rows, bad, keepGoing, now, refuse: (lines: typeof bad) => refuse(input, lines) };
		const answer = await context.carryOut(settling(importCertificates(request), now), registry);
		return finish(answer, input, writeRejects);
	},
	view: ({ certificates }) => [certificatesTable(certificates, t`Nothing was registered.`), inventoryLine()],
	verdict: ({ refused = [] }) => skippedLinesError(refused),
});
