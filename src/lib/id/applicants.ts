import type { Account } from "../account/account.js";
import { relate } from "../account/whose.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";

/** A user to get an ID, with the line of the file that named it. */
export interface Applicant {
	account: Account;
	line?: number | undefined;
	/** Beside the user in the file; else the request's note. */
	note?: string | undefined;
}

/** Lines of a file that give nobody an ID, and why. */
export interface UnusedLine {
	line: number;
	lastLine?: number;
	problem: string;
	/** The user as an earlier line names them, where that is the problem. */
	duplicateOf?: string;
}

/** Users who are to get IDs, and what is to become of the lines of their file that name none. */
export interface ApplicantList {
	applicants: readonly Applicant[];
	/** Lines of the file that were no users. */
	bad?: readonly UnusedLine[] | undefined;
	/** Goes on without bad lines, and without those that name a user twice or nobody for certain. */
	keepGoing?: boolean | undefined;
	/** Throws for bad lines, all at once: who read the file knows how to name them. */
	refuse?: ((bad: readonly UnusedLine[]) => void) | undefined;
}

/** A user who is named again, after the one that counts. */
interface Twin {
	applicant: Applicant;
	earlier: Applicant;
}

/**
 * The applicants without those who are named again, and the lines that are of no use.
 *
 * @throws CfmError usage `duplicate-user`, or what `refuse` throws, unless the request goes on without them
 */
export function usable(
	{ applicants, bad = [], keepGoing = false, refuse }: ApplicantList,
	environment: Environment,
): { applicants: readonly Applicant[]; bad: UnusedLine[] } {
	const twins = findTwins(applicants, environment);
	const words = twins.filter(({ applicant }) => applicant.line === undefined);
	if (words.length > 0 || (twins.length > 0 && bad.length === 0 && !keepGoing)) throw duplicateUsers(twins);
	const unused = [...bad, ...twins.map(unusedLine)].sort((a, b) => a.line - b.line);
	if (!keepGoing) refuse?.(unused);
	if (twins.length === 0) return { applicants, bad: unused };
	const left = new Set(twins.map(({ applicant }) => applicant));
	return { applicants: applicants.filter((one) => !left.has(one)), bad: unused };
}

function findTwins(applicants: readonly Applicant[], { domains }: Environment): Twin[] {
	const twins: Twin[] = [];
	if (applicants.length < 2) return twins;
	const seen = new Map<string, Applicant[]>();
	const bySid = new Map<string, Applicant>();
	for (const applicant of applicants) {
		const { account } = applicant;
		const namesakes = seen.get(account.name);
		const earlier =
			(account.sid === undefined ? undefined : bySid.get(account.sid)) ??
			namesakes?.find((other) => relate(account, other.account, domains) !== "different");
		if (earlier !== undefined) {
			twins.push({ applicant, earlier });
			continue;
		}
		if (account.sid !== undefined) bySid.set(account.sid, applicant);
		if (namesakes === undefined) seen.set(account.name, [applicant]);
		else namesakes.push(applicant);
	}
	return twins;
}

function unusedLine({ applicant, earlier }: Twin): UnusedLine {
	const { account, line = 0 } = applicant;
	const problem =
		earlier.line === undefined
			? t`${account.spelling} is also on the command line`
			: t`${account.spelling} is also on line ${earlier.line}`;
	return { line, problem, duplicateOf: earlier.account.spelling };
}

function duplicateUsers(twins: readonly Twin[]): CfmError {
	const messages = twins.map(({ applicant: { account, line }, earlier }) => {
		const [first, second] = [earlier.account.spelling, account.spelling];
		return line === undefined
			? t`${first} and ${second} are one user, named twice.`
			: t`${first} and ${second} are one user, named twice: lines ${earlier.line ?? 0} and ${line}.`;
	});
	const duplicates = twins.map(({ applicant, earlier }) => ({
		users: [earlier.account.spelling, applicant.account.spelling],
		lines: [earlier.line ?? null, applicant.line ?? null],
	}));
	return new CfmError("usage", "duplicate-user", messages[0] ?? "", {
		atLength: messages,
		hints: [t`List each user once.`],
		data: { ...duplicates[0], duplicates: duplicates.slice(0, 100), total: duplicates.length },
	});
}
