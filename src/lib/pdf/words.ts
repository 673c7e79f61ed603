import { t } from "../text.js";
import type { RangeFault } from "./coverage.js";
import type { PdfChange } from "./pdfs.js";

/** Says what is wrong with the bytes that a signature is over: a clause. */
export function sayRangeFault(fault: RangeFault): string {
	switch (fault) {
		case "not-two-ranges":
			return t`what is signed is not the file but for one gap`;
		case "starts-late":
			return t`the beginning of the file is not signed`;
		case "out-of-order":
			return t`the signed ranges are out of order`;
		case "beyond-the-end":
			return t`the signed ranges lead beyond the end of the file`;
		case "gap-not-contents":
			return t`something else than the signature is in the gap that is not signed`;
		case "other-contents":
			return t`the signature in the gap is another one than the file leads to`;
		case "no-range":
			return t`the file does not say what is signed`;
		case "ends-inside-a-revision":
			return t`the signed part ends in the middle of a revision`;
	}
}

/** Names what was changed. */
export function sayChanges(changes: readonly PdfChange[]): string {
	return changes.map(sayChange).join(", ");
}

function sayChange(change: PdfChange): string {
	switch (change) {
		case "pages":
			return t`pages`;
		case "text":
			return t`text`;
		case "appearance":
			return t`what the pages look like`;
		case "annotations":
			return t`annotations`;
		case "form-fields":
			return t`form fields`;
		case "form":
			return t`which form fields there are`;
		case "attachments":
			return t`attachments`;
		case "scripts":
			return t`scripts`;
		case "signatures":
			return t`signatures`;
		case "timestamps":
			return t`timestamps`;
		case "evidence":
			return t`what is kept for later`;
		case "permissions":
			return t`what a signer allowed`;
		case "removed-signatures":
			return t`a signature was removed`;
		case "replaced-signature":
			return t`what the file says of this signature`;
		case "other":
			return t`something that can't be seen`;
	}
}
