import { CfmError } from "../errors.js";
import { t } from "../text.js";

/**
 * Reads exactly one mailbox, as `ana@example.com`: no name beside it, no list, nothing that a mail library would read as more
 * than one (a line break in an address sends the mail to somebody else).
 *
 * @throws CfmError usage `bad-mailbox`
 */
export function parseMailbox(text: string): string {
	const asked = text.trim();
	if (asked.length <= 254 && /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?!-)[A-Za-z\d-]+(?:\.[A-Za-z\d-]+)+$/.test(asked))
		return asked;
	throw new CfmError("usage", "bad-mailbox", t`Not one mail address: ${JSON.stringify(asked.slice(0, 60))}.`, {
		hints: [t`Specify one address, without a name: ana@example.com`],
	});
}
