import { CfmError } from "../errors.js";
import { t, visible } from "../text.js";
import { composed, foldName } from "./fold.js";
import { looksLikeId } from "./looks-like-id.js";
import { rawName } from "./raw-name.js";

/** The longest account name Windows takes anywhere: UNLEN in lmcons.h, 256 characters. */
const longestName = 256;

/** What Windows refuses in an account name (sAMAccountName); `@` and `\` are taken apart before this is asked. */
const refused = /["/\\[\]:;|=,+*?<>@]/;

/** A name that nothing stands against, as nearly all are: with a domain before it, or beginning with a letter; no SID, no GUID. */
const plain =
	/^(?:[A-Za-z][\w.-]{0,60}\\[A-Za-z\d][\w-]{0,100}|(?![Ss]-1-|[\dA-Fa-f]{8}-)[A-Za-z][\w-]{0,100})(?:\.[\w-]{1,60})?$/;

/** One account as somebody spelled it: `DOMAIN\name`, `name@domain` or `name`. */
export interface Account {
	/** As written, without the white space around it. */
	spelling: string;
	/** The name part, folded for comparing. */
	name: string;
	/** The domain part, folded; empty when the spelling has none. */
	domain: string;
	/** Windows' own number of the account, where it is known. */
	sid?: string;
}

/**
 * Reads a user name.
 *
 * @throws CfmError usage `bad-user`: empty, control characters, longer than 256, a domain or a name missing, digits
 *   only and the like (they would read as an ID), or a character that Windows refuses in account names
 */
export function parseAccount(text: string): Account {
	const account = tryAccount(text);
	if (!("problem" in account)) return account;
	throw badUser(account.problem, text);
}

/** Refuses a word as a user's name. */
export function badUser(problem: string, text: string): CfmError {
	return new CfmError("usage", "bad-user", problem, {
		hints: [t`Write a user as DOMAIN\\name, name@domain or name.`],
		data: { user: printable(text.trim()) },
	});
}

/**
 * Reads a user name, or says what is wrong with it: for lists, where an error with its stack a line is too much.
 *
 * @param machine what `.\name` is read as an account of
 */
export function tryAccount(text: string, machine: () => string = thisMachine): Account | { problem: string } {
	if (plain.test(text)) return { spelling: text, ...keysOf(text) };
	const trimmed = text.trim();
	const whole = trimmed.startsWith(".\\") ? machine() + trimmed.slice(1) : trimmed;
	const spelling = composed(whole);
	if (spelling === "") return { problem: t`The name of the user is empty.` };
	const problem = problemOf(spelling);
	if (problem !== undefined) return { problem: t`Not a user name: ${printable(spelling)} (${problem}).` };
	return { spelling, ...keysOf(spelling) };
}

/** Reads a SID as Windows writes it. @throws CfmError usage `bad-sid` */
export function parseSid(text: string): string {
	const sid = text.trim().toUpperCase();
	if (/^S-1(-\d{1,15}){2,16}$/.test(sid)) return sid;
	throw new CfmError("usage", "bad-sid", t`Not a SID: ${printable(text.trim())}.`, {
		hints: [t`Write it as Windows does: S-1-5-21-…`],
	});
}

/** What a spelling that `parseAccount` has taken before is compared by, without reading it in full again. */
export function keysOf(spelling: string): Pick<Account, "name" | "domain"> {
	const { domain, name } = split(spelling);
	return { name: foldName(name), domain: foldName(domain) };
}

/** The domain in a spelling, as it was written; empty when there is none. */
export function domainOf(spelling: string): string {
	return split(spelling).domain;
}

/** A text for a message: control characters made visible, cut at 80 characters. */
export function printable(text: string): string {
	const shown = visible(text);
	if (shown === "") return t`(empty)`;
	return shown.length > 80 ? `${shown.slice(0, 77)}...` : shown;
}

function split(spelling: string): { domain: string; name: string } {
	const slash = spelling.indexOf("\\");
	if (slash >= 0) return { domain: spelling.slice(0, slash), name: spelling.slice(slash + 1) };
	const at = spelling.lastIndexOf("@");
	if (at >= 0) return { domain: spelling.slice(at + 1), name: spelling.slice(0, at) };
	return { domain: "", name: spelling };
}

function problemOf(spelling: string): string | undefined {
	const raw = rawName(spelling);
	if (raw !== undefined) return raw;
	// Format characters (bidirectional overrides, zero-width joiners) would let two names look alike.
	if (visible(spelling) !== spelling) return t`it has a control character`;
	if (spelling.length > longestName) return t`it has ${spelling.length} characters, at most ${longestName} are allowed`;
	const { domain, name } = split(spelling);
	if (name.trim() === "") return t`the name after the domain is missing`;
	if (/[\\@]/.test(spelling) && domain.trim() === "") return t`the domain is missing`;
	if (name.trim() !== name || domain.trim() !== domain) return t`there is a space beside \\ or @`;
	const bad = refused.exec(name) ?? refused.exec(domain);
	if (bad) return t`it contains ${bad[0]}`;
	if (/^\.+$/.test(name)) return t`a name cannot consist of dots only`;
	if (domain === "" && (looksLikeId(name) || /^[-\d]+$/.test(name))) return t`it looks like an ID; include the domain`;
	return undefined;
}

/** This machine as Windows writes it before its own accounts: 15 characters of its name at most (NetBIOS). */
function thisMachine(): string {
	const name = process.getBuiltinModule("node:os").hostname().split(".", 1)[0] ?? "";
	return process.platform === "win32" ? name.slice(0, 15).toUpperCase() : name;
}
