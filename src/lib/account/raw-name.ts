import { t } from "../text.js";

/** A SID as Windows writes it, and nothing else. */
const sid = /^S-1(?:-\d{1,15}){2,16}$/i;

/** Whether a text is a SID, which Windows may know the account of. */
export function isSid(text: string): boolean {
	return sid.test(text.trim());
}

/**
 * What a text is that names an account for a directory and not for people; undefined for everything else. Most of these
 * pass for account names, or for one in a list of cells, and would get an ID that nobody can use.
 */
export function rawName(text: string): string | undefined {
	const bare = text.trim().replace(/^["*]+|"+$/g, "");
	if (sid.test(bare)) return t`it is a SID, not an account name`;
	// The bytes of a SID of a domain, as a directory's tools write them: revision 1, five parts, authority 5.
	if (/^(?:0x)?0105000000000005[\da-f]{24,}$/i.test(bare)) return t`it is a SID, not an account name`;
	if (/^[a-z][\w.-]*\s*=./i.test(bare)) return t`it is a distinguished name, not an account name`;
	// csvde writes what is not ASCII as the hexadecimal digits of its UTF-8 bytes.
	if (/^[xb]'[\da-f]*'$/i.test(bare)) return t`it is encoded; csvde -u writes names as they are`;
	if (/^\{?[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}\}?$/i.test(bare)) return t`it is a GUID, not an account name`;
	return undefined;
}
