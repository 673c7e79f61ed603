import { CfmError } from "../errors.js";
import { t } from "../text.js";

/**
 * What nobody needs in a note, and what secrets look like: eight or more digits (a reference number has eight), or groups of
 * letters and digits such as CMTJ-8VOR-VFNS (an authorization code).
 */
const secretLike = /\d{8,}|\b\d{4}[ -]\d{4}\b|\b(?=[A-Z\d-]*\d)[A-Z\d]{4}(?:-[A-Z\d]{4}){2,}\b/i;

/** What columns and words that hold secrets are called, folded. */
const secretNames =
	/^(?:reference(?:number|code|no|nr)?|numero(?:de)?reference|authori[sz]ation(?:code)?|code(?:d)?autori[sz]ation|activationcodes?|codes?(?:d)?activation|password|motdepasse|pass(?:phrase|word)?|pin|nip|(?:security)?answers?|reponses?|secret)\d*$/;

/** Whether a word names something that cfm never takes. */
export function namesSecret(word: string): boolean {
	const folded = word
		.normalize("NFD")
		.replace(/[^\p{L}\p{N}]/gu, "")
		.toLowerCase();
	return secretNames.test(folded);
}

export function looksSecret(text: string): boolean {
	return secretLike.test(text);
}

/** Refuses a note that may hold a code. @throws CfmError usage `secret-refused`, which does not repeat it */
export function refuseSecretNote(note: string | undefined): void {
	if (note !== undefined && looksSecret(note)) throw secretRefused(t`The note looks like a code.`);
}

/** What was offered is not repeated: neither in the message nor in the data. */
export function secretRefused(what: string): CfmError {
	return new CfmError(
		"usage",
		"secret-refused",
		t`${what} cfm takes no reference numbers, authorization codes, passwords or answers, and keeps none.`,
		{
			hints: [
				t`Leave it out. If it is valid, treat it as known to whoever can read this screen or the shell's history.`,
			],
		},
	);
}
