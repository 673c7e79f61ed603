import { t } from "../text.js";
import type { FileState } from "./check.js";

/** What a file or a signature is worth, for people. */
export function sayState(state: FileState): string {
	switch (state) {
		case "valid":
			return t`valid`;
		case "invalid":
			return t`not valid`;
		case "undecidable":
			return t`can't be decided`;
		case "unsigned":
			return t`no signature`;
		case "unreadable":
			return t`can't be read`;
	}
}
