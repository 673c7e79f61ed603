import { CfmError } from "../errors.js";
import { isMailbox } from "../settings/settings.js";
import { t } from "../text.js";

/**
 * Reads exactly one mailbox, as `ana@example.com`.
 *
 * @throws CfmError usage `bad-mailbox`
 */
export function parseMailbox(text: string): string {
	const asked = text.trim();
	if (isMailbox(asked)) return asked;
	throw new CfmError("usage", "bad-mailbox", t`Not one mail address: ${JSON.stringify(asked.slice(0, 60))}.`, {
		hints: [t`Specify one address, without a name: ana@example.com`],
	});
}
