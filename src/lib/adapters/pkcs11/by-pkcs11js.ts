import type { Handle, PKCS11 } from "pkcs11js";
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

type Library = typeof import("pkcs11js");

const serialSession = 4; // CKF_SERIAL_SESSION

/** PKCS#11 by pkcs11js, as its build for this system makes it (`scripts/pkcs11.mjs`). */
export class ByPkcs11js implements Cryptoki {
	private readonly module: PKCS11;
	private path = "";
	private session: Handle | undefined;
	private loggedIn = false;

	constructor(private readonly library: Library) {
		this.module = new library.PKCS11();
	}

	load(path: string): void {
		this.path = path;
		this.asked(() => this.module.load(path));
	}

	initialize(): void {
		this.asked(() => this.module.C_Initialize());
	}

	slots(withToken: boolean): number[] {
		return this.asked(() => this.module.C_GetSlotList(withToken)).map(numberOf);
	}

	slot(slot: number) {
		const { slotDescription, manufacturerID, flags } = this.asked(() => this.module.C_GetSlotInfo(handleOf(slot)));
		return { description: slotDescription, manufacturer: manufacturerID, flags };
	}

	token(slot: number) {
		const token = this.asked(() => this.module.C_GetTokenInfo(handleOf(slot)));
		const { label, manufacturerID: manufacturer, model, serialNumber: serial, flags } = token;
		const version = ({ major, minor }: { major: number; minor: number }) => `${major}.${minor}`;
		return {
			...{ label, manufacturer, model, serial, flags },
			// Its sizes may be BigInt, which JSON does not know.
			...{ minPin: Number(token.minPinLen), maxPin: Number(token.maxPinLen) },
			...{ hardware: version(token.hardwareVersion), firmware: version(token.firmwareVersion) },
		};
	}

	mechanisms(slot: number): number[] {
		return this.asked(() => this.module.C_GetMechanismList(handleOf(slot)));
	}

	mechanism(slot: number, type: number) {
		const { minKeySize, maxKeySize, flags } = this.asked(() => this.module.C_GetMechanismInfo(handleOf(slot), type));
		return { type, minKeySize: Number(minKeySize), maxKeySize: Number(maxKeySize), flags: Number(flags) };
	}

	openSession(slot: number): void {
		this.session = this.asked(() => this.module.C_OpenSession(handleOf(slot), serialSession));
	}

	/**
	 * By koffi: pkcs11js takes a PIN as a string, which nobody can wipe, and cannot say that there is none (NULL), as a reader
	 * with a keypad wants it.
	 */
	async login(user: UserType, pin: Buffer | null): Promise<void> {
		const { ByKoffi } = await import("./by-koffi.js");
		const same = new ByKoffi();
		same.load(this.path);
		await same.login(user, pin, BigInt(numberOf(this.opened)));
		this.loggedIn = true;
	}

	find(objectClass: number): ObjectHandle[] {
		const found: Handle[] = [];
		this.asked(() => this.module.C_FindObjectsInit(this.opened, [{ type: 0, value: objectClass }]));
		try {
			for (;;) {
				const more = this.asked(() => this.module.C_FindObjects(this.opened, 64));
				if (more.length === 0) return found;
				found.push(...more);
				if (found.length > mostOfAnything) throw new OddCount("C_FindObjects", found.length);
			}
		} finally {
			this.asked(() => this.module.C_FindObjectsFinal(this.opened));
		}
	}

	attribute(object: ObjectHandle, type: number): Buffer | undefined {
		try {
			const [asked] = this.asked(() => this.module.C_GetAttributeValue(this.opened, object as Handle, [{ type }]));
			return asked === undefined || asked.value.length === 0 ? undefined : asked.value;
		} catch (error) {
			if (error instanceof CryptokiError) return undefined;
			throw error;
		}
	}

	signInit(object: ObjectHandle, { type, pss }: SignMechanism): void {
		const parameter = pss && {
			type: this.library.CK_PARAMS_RSA_PSS,
			hashAlg: pss.hash,
			mgf: pss.mgf,
			saltLen: pss.salt,
		};
		const mechanism = parameter === undefined ? { mechanism: type } : { mechanism: type, parameter };
		this.asked(() => this.module.C_SignInit(this.opened, mechanism, object as Handle));
	}

	sign(data: Buffer): Buffer {
		return this.asked(() => this.module.C_Sign(this.opened, data, Buffer.alloc(longestSignature)));
	}

	finalize(): void {
		if (this.session !== undefined) {
			if (this.loggedIn) this.asked(() => this.module.C_Logout(this.opened));
			this.asked(() => this.module.C_CloseSession(this.opened));
		}
		this.asked(() => this.module.C_Finalize());
	}

	private get opened(): Handle {
		if (this.session === undefined) throw new Error("no session");
		return this.session;
	}

	/** @throws CryptokiError for what the module answers */
	private asked<T>(call: () => T): T {
		try {
			return call();
		} catch (error) {
			// Not all of its calls give its own class of errors; all have the name and the number in their message.
			const { message = "", code = 0, method = "" } = error as { message?: string; code?: number; method?: string };
			const value = Number(/CKR_\w+:(\d+)/.exec(message)?.[1] ?? (message.startsWith("CKR_") ? code : 0));
			if (value > 0) throw new CryptokiError(value, method);
			throw error;
		}
	}
}

/** It takes a CK_SLOT_ID as its bytes in memory. */
function handleOf(slot: number): Handle {
	const isLong = process.platform !== "win32";
	const bytes = Buffer.alloc(isLong ? 8 : 4);
	if (isLong) bytes.writeBigUInt64LE(BigInt(slot));
	else bytes.writeUInt32LE(slot);
	return bytes;
}

const numberOf = (handle: Handle) => (handle.length === 8 ? Number(handle.readBigUInt64LE()) : handle.readUInt32LE());
