import { t } from "../../text.js";

/** What a note may not hold: it stands in one line of every list. Undefined when nothing stands against it. */
export function problemOfNote(note: string): string | undefined {
	return /\p{Cc}/u.test(note) ? t`The note contains a control character.` : undefined;
}
