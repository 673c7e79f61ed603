import { parseAccount } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import { CfmError } from "../../lib/errors.js";
import { parseAlias } from "../../lib/registered/find.js";
import { setCertificate } from "../../lib/registered/register.js";
import { settling } from "../../lib/service/settle.js";
import { t } from "../../lib/text.js";
import { certificateBlocks } from "./_register.js";

export default command({
	summary: t`Change what is recorded of a registered certificate`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { certificate: { summary: t`Its alias`, required: true } },
	flags: {
		alias: { kind: "text", value: "ALIAS", summary: t`Another alias` },
		owner: { kind: "text", value: "USER", of: "user", summary: t`The user who signs with it` },
		"no-owner": { kind: "boolean", summary: t`It has no owner` },
		wallet: { kind: "text", value: "NAME", summary: t`The wallet that holds it` },
		status: { kind: "text", value: "STATUS", choices: ["active", "suspended"], summary: t`active or suspended` },
		note: { kind: "text", value: "TEXT", summary: t`The new note` },
		"no-note": { kind: "boolean", summary: t`Remove the note` },
	},
	examples: [
		{ what: t`Another owner`, line: "cfm certs set Seal --owner CORP\\ben" },
		{ what: t`Not signed with for now`, line: "cfm certs set Seal --status suspended" },
	],
	async run({ args, flags }, context) {
		const { wallet, status } = flags;
		const alias = flags.alias === undefined ? undefined : parseAlias(flags.alias);
		const owner = flags["no-owner"] ? null : flags.owner === undefined ? undefined : parseAccount(flags.owner).spelling;
		const note = flags["no-note"] ? null : flags.note;
		const isTwice = (flags["no-owner"] && flags.owner !== undefined) || (flags["no-note"] && flags.note !== undefined);
		if (isTwice || [alias, owner, wallet, status, note].every((one) => one === undefined)) {
			throw new CfmError("usage", "nothing-to-set", t`Specify what to set, and each once.`, {
				hints: [{ again: { owner: { fill: "USER" }, "no-owner": undefined, "no-note": undefined } }],
			});
		}
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const request = { certificate: args.certificate, alias, owner, wallet, status, note, now: context.host.now() };
		return context.carryOut(settling(setCertificate(request), request.now), registry);
	},
	view: certificateBlocks,
});
