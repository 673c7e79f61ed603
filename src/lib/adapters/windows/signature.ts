import type { Signature } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { authenticode } from "./authenticode.js";
import { loadWindows, type Windows, wide } from "./native.js";
import { fileTimeText } from "./tcp-table.js";

/** WINTRUST_ACTION_GENERIC_VERIFY_V2, {00AAC56B-CD44-11d0-8CC2-00C04FC295EE}. */
const genericVerify = Buffer.from("6bc5aa0044cdd0118cc200c04fc295ee", "hex");
const noWindow = 2; // WTD_UI_NONE
const aFile = 1; // WTD_CHOICE_FILE
const verify = 1; // WTD_STATEACTION_VERIFY
const close = 2; // WTD_STATEACTION_CLOSE
const simpleFirst = 0x0200_0003; // CERT_X500_NAME_STR | CERT_NAME_STR_REVERSE_FLAG, as .NET prints a subject
/** Longer than any chain. */
const mostCertificates = 20;

/** WINTRUST_DATA, WINTRUST_FILE_INFO, CRYPT_PROVIDER_SGNR, CRYPT_PROVIDER_CERT, CERT_CONTEXT, CERT_INFO of a 64-bit Windows. */
const trustData = { size: 88, ui: 24, choice: 32, file: 40, action: 48, state: 56 } as const;
const fileInfo = { size: 32, path: 8 } as const;
const signerRow = { size: 64, verifiedAsOf: 4, chain: 12, counterSigners: 44 } as const;
const certificateRow = { size: 16, context: 8 } as const;
const contextRow = { size: 32, info: 24 } as const;
const subjectOffset = 80n;

/** What WinVerifyTrust answers (winerror.h); everything else can't be determined. */
const statuses: ReadonlyMap<number, Signature["status"]> = new Map([
	[0, "valid"],
	[0x800b0100, "unsigned"], // TRUST_E_NOSIGNATURE
	[0x800b0001, "unsigned"], // TRUST_E_PROVIDER_UNKNOWN
	[0x800b0003, "unsigned"], // TRUST_E_SUBJECT_FORM_UNKNOWN
	[0x80096010, "broken"], // TRUST_E_BAD_DIGEST
	[0x80096004, "untrusted"], // TRUST_E_CERT_SIGNATURE
	[0x80096005, "untrusted"], // TRUST_E_TIME_STAMP
	[0x800b0004, "untrusted"], // TRUST_E_SUBJECT_NOT_TRUSTED
	[0x800b0101, "untrusted"], // CERT_E_EXPIRED
	[0x800b0109, "untrusted"], // CERT_E_UNTRUSTEDROOT
	[0x800b010a, "untrusted"], // CERT_E_CHAINING
	[0x800b010c, "untrusted"], // CERT_E_REVOKED
	[0x800b0110, "untrusted"], // CERT_E_WRONG_USAGE
	[0x800b0111, "untrusted"], // TRUST_E_EXPLICIT_DISTRUST
	[0x80092026, "untrusted"], // CRYPT_E_SECURITY_SETTINGS
]);

/** What a status of WinVerifyTrust says of a signature. */
export function statusOf(code: number): Signature["status"] | undefined {
	return statuses.get(code >>> 0);
}

/**
 * Who signed a program, asked of Windows in process; of Windows PowerShell where that cannot be. No answer is "can't
 * determine".
 */
export async function readSignature(file: string): Promise<Known<Signature>> {
	let windows: Windows;
	try {
		windows = await loadWindows();
	} catch {
		return authenticode(file);
	}
	return verifyTrust(windows, file);
}

/** Asks WinVerifyTrust in a thread: it may fetch a certificate of the chain from the network. */
async function verifyTrust(windows: Windows, file: string): Promise<Known<Signature>> {
	const winVerifyTrust = windows.bind(
		"wintrust",
		"int32 __stdcall WinVerifyTrust(void *window, void *action, void *data)",
	);
	const { address } = await import("koffi");
	const path = wide(file);
	const info = Buffer.alloc(fileInfo.size);
	info.writeUInt32LE(fileInfo.size);
	info.writeBigUInt64LE(address(path), fileInfo.path);
	const data = Buffer.alloc(trustData.size);
	data.writeUInt32LE(trustData.size);
	data.writeUInt32LE(noWindow, trustData.ui);
	data.writeUInt32LE(aFile, trustData.choice);
	data.writeBigUInt64LE(address(info), trustData.file);
	data.writeUInt32LE(verify, trustData.action);
	// No window may be opened: the handle of none is -1.
	const code = await new Promise<number>((resolve, reject) => {
		winVerifyTrust.async(-1n, genericVerify, data, (error: unknown, value: number) =>
			error ? reject(error) : resolve(value),
		);
	});
	try {
		const status = statusOf(code);
		if (status === undefined) return unknown(t`WinVerifyTrust answered 0x${(code >>> 0).toString(16)}`);
		if (status === "unsigned") return known({ status, signer: null, chain: [], countersigner: null, signedAt: null });
		return known({ status, ...signerOf(windows, data.readBigUInt64LE(trustData.state)) });
	} finally {
		data.writeUInt32LE(close, trustData.action);
		winVerifyTrust(-1n, genericVerify, data);
		// Windows read it by its address until here.
		path.fill(0);
	}
}

function signerOf(windows: Windows, state: bigint): Omit<Signature, "status"> {
	const dataOf = windows.bind("wintrust", "void * __stdcall WTHelperProvDataFromStateData(void *state)");
	const signer = windows.bind(
		"wintrust",
		"void * __stdcall WTHelperGetProvSignerFromChain(void *data, uint32 signer, int counterSigner, uint32 which)",
	);
	const data = dataOf(state);
	const own = data ? signer(data, 0, 0, 0) : null;
	if (!own) return { signer: null, chain: [], countersigner: null, signedAt: null };
	const chain = subjectsOf(windows, own);
	const row = windows.memory(own, signerRow.size);
	const counter = row.readUInt32LE(signerRow.counterSigners) === 0 ? null : signer(data, 0, 1, 0);
	return {
		signer: chain[0] ?? null,
		chain,
		countersigner: counter ? (subjectsOf(windows, counter)[0] ?? null) : null,
		// With a time stamp the signature is judged as of the time in it.
		signedAt: counter ? fileTimeText(row.readBigUInt64LE(signerRow.verifiedAsOf)) : null,
	};
}

/** The subjects of a signer's chain, its own first. */
function subjectsOf(windows: Windows, signer: bigint): string[] {
	const certificate = windows.bind(
		"wintrust",
		"void * __stdcall WTHelperGetProvCertFromChain(void *signer, uint32 which)",
	);
	const count = Math.min(windows.memory(signer, signerRow.size).readUInt32LE(signerRow.chain), mostCertificates);
	return Array.from({ length: count }, (_, at): bigint | null => certificate(signer, at)).flatMap((row) => {
		if (!row) return [];
		const context = windows.memory(row, certificateRow.size).readBigUInt64LE(certificateRow.context);
		return context === 0n ? [] : subjectOf(windows, context);
	});
}

function subjectOf(windows: Windows, context: bigint): string {
	const nameText = windows.bind(
		"crypt32",
		"uint32 __stdcall CertNameToStrW(uint32 encoding, void *name, uint32 kind, void *text, uint32 size)",
	);
	const info = windows.memory(context, contextRow.size).readBigUInt64LE(contextRow.info);
	const text = Buffer.alloc(8192);
	const length: number = nameText(1, info + subjectOffset, simpleFirst, text, text.length / 2);
	return text.toString("utf16le", 0, 2 * Math.max(0, length - 1));
}
