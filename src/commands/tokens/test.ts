import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { testToken, testVerdict } from "../../lib/token/test.js";
import { keyFlag, pinFlags, pinSource, tokenFlags, tokensOf } from "../_token.js";
import { testView } from "./_view.js";

export default command({
	summary: t`Log in to a token, sign with each key, and verify the signatures`,
	description: t`Signs random bytes and changes nothing. A locked PIN is not tried; the last try is never spent unasked.`,
	role: "none",
	flags: { ...tokenFlags, ...keyFlag, ...pinFlags },
	examples: [
		{ what: t`Ask for the PIN`, line: "cfm tokens test --module /opt/token.so --slot 1" },
		{
			what: t`The PIN from standard input, for a script`,
			line: "cfm tokens test --module /opt/token.so --slot 1 --pin-file - --json",
		},
	],
	async run({ flags }, context) {
		const tokens = await tokensOf(context, await context.settings());
		const { module, slot, id } = flags;
		return testToken(tokens, { module, slot, id }, pinSource(context, flags));
	},
	view: testView,
	verdict: testVerdict,
});
