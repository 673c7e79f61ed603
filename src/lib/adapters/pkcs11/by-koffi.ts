import koffi from "koffi";
import {
	type Cryptoki,
	CryptokiError,
	longestSignature,
	mostOfAnything,
	type ObjectHandle,
	OddCount,
	type SignMechanism,
	type UserType,
} from "./cryptoki.js";

/** CK_ULONG is C's `unsigned long`: 4 bytes on Windows, 8 on Linux. */
const isLong = process.platform !== "win32";
const ulongBytes = isLong ? 8 : 4;
const pointerBytes = 8;
/** CK_FUNCTION_LIST begins with a version of two bytes; on Windows structures are packed to 1. */
const firstFunction = isLong ? 8 : 2;
const serialSession = 4; // CKF_SERIAL_SESSION

/** The place of each call in CK_FUNCTION_LIST (pkcs11f.h), and what it takes: u an unsigned long, p a pointer, b a byte. */
const calls = {
	C_Initialize: [0, "p"],
	C_Finalize: [1, "p"],
	C_GetSlotList: [4, "bpp"],
	C_GetSlotInfo: [5, "up"],
	C_GetTokenInfo: [6, "up"],
	C_GetMechanismList: [7, "upp"],
	C_GetMechanismInfo: [8, "uup"],
	C_OpenSession: [12, "uuppp"],
	C_CloseSession: [13, "u"],
	C_Login: [18, "uupu"],
	C_Logout: [19, "u"],
	C_GetAttributeValue: [24, "uupu"],
	C_FindObjectsInit: [26, "upu"],
	C_FindObjects: [27, "upup"],
	C_FindObjectsFinal: [28, "u"],
	C_SignInit: [42, "upu"],
	C_Sign: [43, "upupp"],
} as const;
type Call = keyof typeof calls;

const types = { u: "ulong", p: "void *", b: "uint8" } as const;
const protos = new Map<string, ReturnType<typeof koffi.proto>>();

function protoOf(words: string): ReturnType<typeof koffi.proto> {
	const present = protos.get(words);
	if (present !== undefined) return present;
	const made = koffi.proto(
		`Call_${words}`,
		"ulong",
		[...words].map((word) => types[word as keyof typeof types]),
	);
	protos.set(words, made);
	return made;
}

type Value = number | bigint | Buffer | null;

/** PKCS#11 by koffi alone, for where pkcs11js was not compiled, and for what it cannot say (docs/decisions/0042). */
export class ByKoffi implements Cryptoki {
	private functions: bigint[] = [];
	private session: bigint | undefined;
	private loggedIn = false;

	load(path: string): void {
		const list = koffi.load(path).func("C_GetFunctionList", "ulong", ["void *"]);
		const at = Buffer.alloc(pointerBytes);
		const value = Number(list(at));
		if (value !== 0) throw new CryptokiError(value, "C_GetFunctionList");
		const address = at.readBigUInt64LE();
		if (address === 0n) throw new Error("C_GetFunctionList gives no list of functions");
		const last = calls.C_Sign[0] + 1;
		const bytes = Buffer.from(koffi.view(address, firstFunction + pointerBytes * last));
		this.functions = Array.from({ length: last }, (_, at) => bytes.readBigUInt64LE(firstFunction + pointerBytes * at));
	}

	initialize(): void {
		this.call("C_Initialize", null);
	}

	slots(withToken: boolean): number[] {
		return this.list("C_GetSlotList", [withToken ? 1 : 0]);
	}

	slot(slot: number) {
		const info = Buffer.alloc(96 + ulongBytes + 4);
		this.call("C_GetSlotInfo", slot, info);
		return { description: text(info, 0, 64), manufacturer: text(info, 64, 32), flags: readUlong(info, 96) };
	}

	token(slot: number) {
		const info = Buffer.alloc(96 + 11 * ulongBytes + 20);
		this.call("C_GetTokenInfo", slot, info);
		const number = (at: number) => readUlong(info, 96 + at * ulongBytes);
		const version = (at: number) => `${info[at]}.${info[at + 1]}`;
		const versions = 96 + 11 * ulongBytes;
		return {
			...{ label: text(info, 0, 32), manufacturer: text(info, 32, 32) },
			...{ model: text(info, 64, 16), serial: text(info, 80, 16) },
			...{ flags: number(0), maxPin: number(5), minPin: number(6) },
			...{ hardware: version(versions), firmware: version(versions + 2) },
		};
	}

	mechanisms(slot: number): number[] {
		return this.list("C_GetMechanismList", [slot]);
	}

	mechanism(slot: number, type: number) {
		const info = Buffer.alloc(3 * ulongBytes);
		this.call("C_GetMechanismInfo", slot, type, info);
		const [minKeySize, maxKeySize, flags] = [0, 1, 2].map((at) => readUlong(info, at * ulongBytes)) as [
			number,
			number,
			number,
		];
		return { type, minKeySize, maxKeySize, flags };
	}

	openSession(slot: number): void {
		const handle = Buffer.alloc(ulongBytes);
		this.call("C_OpenSession", slot, serialSession, null, null, handle);
		this.session = readBig(handle);
	}

	/** @param session another one than this object opened */
	async login(user: UserType, pin: Buffer | null, session = this.session): Promise<void> {
		this.call("C_Login", session ?? 0n, user, pin, pin?.length ?? 0);
		this.loggedIn = true;
	}

	find(objectClass: number): ObjectHandle[] {
		const value = ulong(objectClass);
		this.call("C_FindObjectsInit", this.session ?? 0n, attribute(0, value), 1);
		const found: bigint[] = [];
		try {
			const handles = Buffer.alloc(64 * ulongBytes);
			const count = Buffer.alloc(ulongBytes);
			for (;;) {
				this.call("C_FindObjects", this.session ?? 0n, handles, 64, count);
				const more = readUlong(count, 0);
				if (more > 64 || found.length > mostOfAnything) throw new OddCount("C_FindObjects", more);
				if (more === 0) return found;
				for (let at = 0; at < more; at += 1) found.push(readBig(handles, at * ulongBytes));
			}
		} finally {
			this.call("C_FindObjectsFinal", this.session ?? 0n);
		}
	}

	attribute(object: ObjectHandle, type: number): Buffer | undefined {
		const asked = attribute(type, null);
		try {
			this.call("C_GetAttributeValue", this.session ?? 0n, object as bigint, asked, 1);
			const length = readUlong(asked, ulongBytes + pointerBytes);
			if (length === 0 || length > 1 << 20) return undefined; // CK_UNAVAILABLE_INFORMATION is -1
			const value = Buffer.alloc(length);
			const filled = attribute(type, value);
			this.call("C_GetAttributeValue", this.session ?? 0n, object as bigint, filled, 1);
			return value.subarray(0, readUlong(filled, ulongBytes + pointerBytes));
		} catch (error) {
			if (error instanceof CryptokiError) return undefined;
			throw error;
		}
	}

	signInit(object: ObjectHandle, { type, pss }: SignMechanism): void {
		const parameter = pss && Buffer.concat([ulong(pss.hash), ulong(pss.mgf), ulong(pss.salt)]);
		this.call("C_SignInit", this.session ?? 0n, attribute(type, parameter ?? null), object as bigint);
	}

	sign(data: Buffer): Buffer {
		const signature = Buffer.alloc(longestSignature);
		const length = ulong(signature.length);
		this.call("C_Sign", this.session ?? 0n, data, data.length, signature, length);
		return signature.subarray(0, readUlong(length, 0));
	}

	finalize(): void {
		if (this.session !== undefined) {
			if (this.loggedIn) this.call("C_Logout", this.session);
			this.call("C_CloseSession", this.session);
		}
		this.call("C_Finalize", null);
	}

	private list(name: "C_GetSlotList" | "C_GetMechanismList", first: readonly number[]): number[] {
		const count = ulong(0);
		this.call(name, ...first, null, count);
		const said = readUlong(count, 0);
		if (said > mostOfAnything) throw new OddCount(name, said);
		if (said === 0) return [];
		const values = Buffer.alloc(said * ulongBytes);
		this.call(name, ...first, values, count);
		const filled = Math.min(said, readUlong(count, 0));
		return Array.from({ length: filled }, (_, at) => readUlong(values, at * ulongBytes));
	}

	private call(name: Call, ...values: readonly Value[]): void {
		const [place, words] = calls[name];
		const value = Number(koffi.call(this.functions[place], protoOf(words), ...values));
		if (value !== 0) throw new CryptokiError(value, name);
	}
}

/** CK_ATTRIBUTE and CK_MECHANISM are alike: a number, a pointer, how long what is there is. The value must outlive the call. */
function attribute(type: number, value: Buffer | null): Buffer {
	const pointer = Buffer.alloc(pointerBytes);
	if (value !== null) pointer.writeBigUInt64LE(koffi.address(value));
	return Buffer.concat([ulong(type), pointer, ulong(value?.length ?? 0)]);
}

function ulong(value: number): Buffer {
	const bytes = Buffer.alloc(ulongBytes);
	if (isLong) bytes.writeBigUInt64LE(BigInt(value));
	else bytes.writeUInt32LE(value);
	return bytes;
}

function readBig(bytes: Buffer, at = 0): bigint {
	return isLong ? bytes.readBigUInt64LE(at) : BigInt(bytes.readUInt32LE(at));
}

const readUlong = (bytes: Buffer, at: number) => Number(readBig(bytes, at));
const text = (bytes: Buffer, at: number, length: number) => bytes.toString("utf8", at, at + length);
