import { type Descriptor, readEntries } from "./access-list.js";
import { dword, type Windows, wide } from "./native.js";
import { sidAt } from "./sid.js";
import { enablePrivilege } from "./token.js";

const aFile = 1; // SE_FILE_OBJECT
const ofOwner = 1; // OWNER_SECURITY_INFORMATION
const ofList = 4; // DACL_SECURITY_INFORMATION
const closedToInheritance = 0x8000_0000; // PROTECTED_DACL_SECURITY_INFORMATION
const openToInheritance = 0x2000_0000; // UNPROTECTED_DACL_SECURITY_INFORMATION
const reparsePoint = 0x400; // FILE_ATTRIBUTE_REPARSE_POINT
const noAttributes = 0xffff_ffff; // INVALID_FILE_ATTRIBUTES

export const alreadyExists = 183; // ERROR_ALREADY_EXISTS

/** A call of Windows that failed, with the number of its error; 0 when that is not known. */
export class WindowsError extends Error {
	override readonly name = "WindowsError";
	constructor(
		readonly call: string,
		readonly errno: number,
	) {
		super(`${call}: ${errno}`);
	}
}

/** Whether a path is a link, a junction or a mounted volume itself; undefined when it is not there or may not be looked at. */
export function isReparsePoint(windows: Windows, path: string): boolean | undefined {
	const attributes = windows.bind("kernel32", "uint32 __stdcall GetFileAttributesW(void *path)")(wide(long(path)));
	return attributes === noAttributes ? undefined : (attributes & reparsePoint) !== 0;
}

/** Owner and access list of a file or folder. @throws WindowsError */
export function readDescriptor(windows: Windows, path: string): Descriptor {
	const get = windows.bind(
		"advapi32",
		"uint32 __stdcall GetNamedSecurityInfoW(void *path, int kind, uint32 what, void *owner, void *group, void *list, void *audit, void *descriptor)",
	);
	const [owner, list, descriptor] = [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(8)];
	const status: number = get(wide(path), aFile, ofOwner | ofList, owner, null, list, null, descriptor);
	if (status !== 0) throw new WindowsError("GetNamedSecurityInfo", status);
	try {
		const at = list.readBigUInt64LE();
		// ACL: revision, then its size in bytes, then how many entries.
		const size = at === 0n ? 0 : windows.memory(at, 8).readUInt16LE(2);
		return {
			owner: sidAt(windows, owner.readBigUInt64LE()),
			entries: at === 0n ? undefined : readEntries(windows.memory(at, size)),
		};
	} finally {
		free(windows, descriptor);
	}
}

/**
 * Makes a folder with its access list in one step: nobody can come between.
 *
 * @param text in the language of descriptors (SDDL)
 * @throws WindowsError
 */
export function makeFolderWith(windows: Windows, path: string, text: string): void {
	const create = windows.bind("kernel32", "int __stdcall CreateDirectoryW(void *path, void *attributes)");
	withDescriptor(windows, text, (descriptor) => {
		// SECURITY_ATTRIBUTES: its size, the descriptor, whether programs inherit the handle.
		const attributes = Buffer.alloc(24);
		attributes.writeUInt32LE(attributes.length);
		attributes.writeBigUInt64LE(descriptor, 8);
		if (create(wide(long(path)), attributes) !== 0) return;
		// GetLastError would tell of a call that Node has made in between.
		throw new WindowsError("CreateDirectory", isReparsePoint(windows, path) === undefined ? 0 : alreadyExists);
	});
}

/**
 * Gives a file or folder owner and access list of a descriptor, in place of its own.
 *
 * The owner first: who put an entry against administrators there loses with that the right to it. For both an
 * administrator switches rights on that are held switched off.
 *
 * @throws WindowsError
 */
export function setDescriptor(windows: Windows, path: string, text: string, options: { inherits: boolean }): void {
	for (const right of ["SeTakeOwnershipPrivilege", "SeRestorePrivilege", "SeBackupPrivilege"]) {
		enablePrivilege(windows, right);
	}
	const set = windows.bind(
		"advapi32",
		"uint32 __stdcall SetNamedSecurityInfoW(void *path, int kind, uint32 what, void *owner, void *group, void *list, void *audit)",
	);
	withDescriptor(windows, text, (descriptor) => {
		const owner = partOf(
			windows,
			"int __stdcall GetSecurityDescriptorOwner(void *d, void *part, void *given)",
			descriptor,
		);
		const list = partOf(
			windows,
			"int __stdcall GetSecurityDescriptorDacl(void *d, void *present, void *part, void *given)",
			descriptor,
		);
		const name = wide(path);
		let status: number = set(name, aFile, ofOwner, owner, null, null, null);
		if (status !== 0) throw new WindowsError("SetNamedSecurityInfo", status);
		const what = (ofList | (options.inherits ? openToInheritance : closedToInheritance)) >>> 0;
		status = set(name, aFile, what, null, null, list, null);
		if (status !== 0) throw new WindowsError("SetNamedSecurityInfo", status);
	});
}

function partOf(windows: Windows, declaration: string, descriptor: bigint): bigint {
	const part = Buffer.alloc(8);
	const ask = windows.bind("advapi32", declaration);
	if (declaration.includes("present")) ask(descriptor, dword(), part, dword());
	else ask(descriptor, part, dword());
	return part.readBigUInt64LE();
}

function withDescriptor(windows: Windows, text: string, work: (descriptor: bigint) => void): void {
	const read = windows.bind(
		"advapi32",
		"int __stdcall ConvertStringSecurityDescriptorToSecurityDescriptorW(void *text, uint32 revision, void *descriptor, void *size)",
	);
	const descriptor = Buffer.alloc(8);
	if (read(wide(text), 1, descriptor, dword()) === 0) throw new WindowsError("ConvertStringSecurityDescriptor", 0);
	try {
		work(descriptor.readBigUInt64LE());
	} finally {
		free(windows, descriptor);
	}
}

function free(windows: Windows, memory: Buffer): void {
	if (memory.readBigUInt64LE() === 0n) return;
	windows.bind("kernel32", "void * __stdcall LocalFree(void *memory)")(memory.readBigUInt64LE());
}

/** A full path of more than 248 characters is taken only with this before it. */
function long(path: string): string {
	return path.length < 248 || path.startsWith("\\\\") ? path : `\\\\?\\${path}`;
}
