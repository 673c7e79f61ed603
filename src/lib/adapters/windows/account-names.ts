import type { Principal } from "../../account/principal.js";
import { isSid } from "../../account/raw-name.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { dword, loadWindows, type Pointer, type Windows, wide } from "./native.js";
import { sidText } from "./sid.js";

const lookupNames = 0x800; // POLICY_LOOKUP_NAMES
const someNotMapped = 0x107; // STATUS_SOME_NOT_MAPPED: the others were
/** SID_NAME_USE: Windows knows the account no more, or never did. */
const nobody = new Set([6, 7, 8]); // SidTypeDeletedAccount, SidTypeInvalid, SidTypeUnknown
/** LSA_TRANSLATED_NAME and LSA_TRUST_INFORMATION, on a 64-bit Windows. */
const nameRow = { size: 32, use: 0, name: 8, domain: 24 } as const;
const domainRow = { size: 24, name: 0 } as const;

/** How long a domain controller may take; one that is not there is waited for much longer by Windows itself. */
export const patience = 10_000;

/** `DOMAIN\name` of each SID that Windows could name. */
export type AccountNames = (sids: readonly string[]) => Promise<ReadonlyMap<string, string>>;

const told = new Map<string, string>();
const asked = new Set<string>();

/**
 * Asks who SIDs are, in one call for all (LsaLookupSids): each question about an account of a domain goes to its
 * controller. After ten seconds those that have no name yet stay without: whoever asked must not wait for a controller
 * that is switched off.
 */
export const accountNames: AccountNames = async (sids) => {
	const due = [...new Set(sids)].filter((sid) => !asked.has(sid));
	if (due.length > 0) {
		for (const sid of due) asked.add(sid);
		const windows = await loadWindows();
		for (const [sid, name] of await withinPatience(lookUp(windows, due), windows, new Map())) told.set(sid, name);
	}
	return new Map(
		sids
			.flatMap((sid) => [[sid, told.get(sid)] as const])
			.filter((pair): pair is [string, string] => pair[1] !== undefined),
	);
};

/** SidTypeUser; a group, a domain or a machine is no person. */
const person = 1;
/** The longest SID (SECURITY_MAX_SID_SIZE) in bytes, and a domain's name in characters (DNS). */
const [longestSid, longestDomain] = [68, 256];

/**
 * Which of some names Windows knows as persons' accounts (LookupAccountNameW), each `DOMAIN\name`. After ten seconds it is
 * as if nobody had been asked.
 *
 * @returns those that are for certain: a name that nobody has and a controller that does not answer are not told apart
 */
export async function existingAccounts(
	names: readonly string[],
	load: typeof loadWindows = loadWindows,
): Promise<ReadonlySet<string>> {
	const windows = await load();
	const answers = Promise.all(names.map(async (name) => ((await isPerson(windows, name)) ? [name] : [])));
	return new Set((await withinPatience(answers, windows, [])).flat());
}

async function isPerson(windows: Windows, name: string): Promise<boolean> {
	return (await lookUpAccount(windows, name))?.use === person;
}

/** SidTypeUser, SidTypeComputer; everything else that Windows knows has members. */
const alone = new Set([person, 9]);

/** The account or group of a name, or of a SID. A name that nobody has and a controller that is away are not told apart. */
export async function principalCalled(
	text: string,
	load: typeof loadWindows = loadWindows,
	names: AccountNames = accountNames,
): Promise<Known<Principal>> {
	const windows = await load();
	const asked = isSid(text) ? (await names([text])).get(text) : text;
	const found =
		asked === undefined ? undefined : await withinPatience(lookUpAccount(windows, asked), windows, undefined);
	if (asked === undefined || found === undefined) return unknown(t`Windows knows no account or group ${text} now`);
	const name = (await names([found.sid])).get(found.sid) ?? asked;
	return known({ name, kind: alone.has(found.use) ? "user" : "group", sid: found.sid });
}

/** What LookupAccountNameW says of a name. */
async function lookUpAccount(windows: Windows, name: string): Promise<{ use: number; sid: string } | undefined> {
	const lookUpName = windows.bind(
		"advapi32",
		"int __stdcall LookupAccountNameW(void *system, void *name, void *sid, void *sidSize, void *domain, void *domainLength, void *use)",
	);
	const [sid, domain, use] = [Buffer.alloc(longestSid), Buffer.alloc(2 * longestDomain), dword()];
	const memory = [wide(name), sid, dword(longestSid), domain, dword(longestDomain), use];
	const found = await new Promise<number>((resolve, reject) => {
		lookUpName.async(null, ...memory, (error: unknown, value: number) => (error ? reject(error) : resolve(value)));
	});
	// All of it is held until here: a thread writes into it.
	if (found === 0 || memory.length === 0) return undefined;
	return { use: use.readUInt32LE(), sid: sidText(sid) };
}

/** Waits ten seconds for Windows, and then no longer. @param otherwise when it takes too long */
export async function withinPatience<T>(answer: Promise<T>, windows: Windows, otherwise: T): Promise<T> {
	let timer: NodeJS.Timeout | undefined;
	const late = new Promise<undefined>((resolve) => {
		timer = setTimeout(() => resolve(undefined), patience);
	});
	const first = await Promise.race([answer, late]);
	clearTimeout(timer);
	if (first !== undefined) return first;
	endWithoutWaiting(answer, windows);
	return otherwise;
}

/**
 * A call that was given up goes on in a thread that nobody can end, and Node waits for it even in `process.exit`. So
 * once the exit code stands, which is when all is said, Windows is asked to end this process.
 */
function endWithoutWaiting(answer: Promise<unknown>, windows: Windows): void {
	const terminate = windows.bind("kernel32", "int __stdcall TerminateProcess(void *process, uint32 code)");
	const watch = setInterval(() => {
		if (process.exitCode !== undefined) terminate(-1n, Number(process.exitCode));
	}, 50);
	answer.finally(() => clearInterval(watch)).catch(() => undefined);
}

async function lookUp(windows: Windows, sids: readonly string[]): Promise<ReadonlyMap<string, string>> {
	const openPolicy = windows.bind(
		"advapi32",
		"int32 __stdcall LsaOpenPolicy(void *system, void *attributes, uint32 access, void *policy)",
	);
	const lookUpSids = windows.bind(
		"advapi32",
		"int32 __stdcall LsaLookupSids(void *policy, uint32 count, void *sids, void *domains, void *names)",
	);
	const free = windows.bind("advapi32", "int32 __stdcall LsaFreeMemory(void *memory)");
	const close = windows.bind("advapi32", "int32 __stdcall LsaClose(void *policy)");
	const toSid = windows.bind("advapi32", "int __stdcall ConvertStringSidToSidW(void *text, void *sid)");
	const freeLocal = windows.bind("kernel32", "void * __stdcall LocalFree(void *memory)");

	const attributes = Buffer.alloc(48);
	attributes.writeUInt32LE(attributes.length);
	const policy = Buffer.alloc(8);
	if (openPolicy(null, attributes, lookupNames, policy) !== 0) return new Map();
	const pointers = Buffer.alloc(8 * sids.length);
	for (const [at, sid] of sids.entries()) toSid(wide(sid), pointers.subarray(8 * at, 8 * at + 8));
	const [domains, names] = [Buffer.alloc(8), Buffer.alloc(8)];
	const status = await new Promise<number>((resolve, reject) => {
		const words = [policy.readBigUInt64LE(), sids.length, pointers, domains, names];
		lookUpSids.async(...words, (error: unknown, value: number) => (error ? reject(error) : resolve(value)));
	});
	for (let at = 0; at < pointers.length; at += 8) freeLocal(pointers.readBigUInt64LE(at));
	try {
		if (status !== 0 && status !== someNotMapped) return new Map();
		const rows = windows.memory(names.readBigUInt64LE(), nameRow.size * sids.length);
		return readNames(windows, sids, rows, domains.readBigUInt64LE());
	} finally {
		for (const memory of [domains, names]) if (memory.readBigUInt64LE() !== 0n) free(memory.readBigUInt64LE());
		close(policy.readBigUInt64LE());
	}
}

function readNames(
	windows: Windows,
	sids: readonly string[],
	rows: Buffer,
	domainList: bigint,
): ReadonlyMap<string, string> {
	// LSA_REFERENCED_DOMAIN_LIST: how many, and where.
	const list = windows.memory(domainList, 16);
	const count = list.length < 16 ? 0 : list.readUInt32LE();
	const domains = windows.memory(count === 0 ? null : list.readBigUInt64LE(8), domainRow.size * count);
	const found = new Map<string, string>();
	for (const [at, sid] of sids.entries()) {
		const row = rows.subarray(at * nameRow.size, (at + 1) * nameRow.size);
		if (row.length < nameRow.size || nobody.has(row.readUInt32LE(nameRow.use))) continue;
		const domain = row.readInt32LE(nameRow.domain);
		const parts = [
			domain < 0 || domain >= count ? "" : unicodeString(windows, domains, domain * domainRow.size + domainRow.name),
			unicodeString(windows, row, nameRow.name),
		];
		found.set(sid, parts.filter(Boolean).join("\\"));
	}
	return found;
}

/** LSA_UNICODE_STRING: its length in bytes, the room it has, and where it is. */
function unicodeString(windows: Windows, memory: Buffer, at: number): string {
	const where: Pointer = memory.readBigUInt64LE(at + 8);
	return windows.memory(where, memory.readUInt16LE(at)).toString("utf16le");
}
