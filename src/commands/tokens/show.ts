import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { showToken } from "../../lib/token/show.js";
import { tokenFlags, tokensOf } from "../_token.js";
import { tokenView } from "./_view.js";

export default command({
	summary: t`Show what a token says of itself without its PIN`,
	description: t`Flags, mechanisms, public certificates and keys. Asks for no PIN.`,
	role: "none",
	flags: tokenFlags,
	examples: [{ what: t`A token`, line: "cfm tokens show --module /opt/token.so --slot 1" }],
	async run({ flags }, context) {
		const tokens = await tokensOf(context, await context.settings());
		return showToken(tokens, flags.module, flags.slot);
	},
	view: tokenView,
});
