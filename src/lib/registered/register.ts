import type { Certificates } from "../certificate/certificates.js";
import { chooseOne, type Described } from "../certificate/choose.js";
import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { isSameRow, recordChange } from "../registry/kind.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { certificates, type RegisteredCertificate } from "./certificate.js";
import { certificateCalled, requireCertificate } from "./find.js";
import { type ToldCertificate, tellCertificate } from "./told.js";

/** What a certificate's own file says of it. */
export type OwnFacts = Pick<
	RegisteredCertificate,
	"fingerprint" | "subject" | "issuer" | "serial" | "notBefore" | "notAfter" | "der"
>;

export interface CertificateAnswer {
	certificate: ToldCertificate;
	changed: boolean;
	/** cfm's own inventory: nothing was done anywhere else. */
	inventoryOnly: true;
}

type CertificateOperation = RegistryOperation<Plan & { answer: CertificateAnswer }, CertificateAnswer>;

/**
 * The one signing certificate in a file. A file that holds a private key, or may, is not even opened.
 *
 * @throws CfmError usage `private-key-refused`, `no-certificate`, `several-certificates`, `bad-validity`
 */
export async function readCertificate(
	reader: Certificates,
	file: Buffer,
	source: string,
	fingerprint?: string,
): Promise<OwnFacts> {
	if (mayHoldKey(file)) throw privateKeyRefused(source);
	const taken = await reader.take(file);
	if (taken.kind === "pkcs12") throw privateKeyRefused(source);
	return theCertificate(reader, taken.certificates, source, fingerprint);
}

/**
 * The one signing certificate among those of a file, a store or a token.
 *
 * @param fingerprint which one, where there are several; hexadecimal, any case, with or without colons
 * @throws CfmError usage `no-certificate`, `several-certificates`, `bad-validity`
 */
export async function theCertificate(
	reader: Certificates,
	ders: readonly Buffer[],
	source: string,
	fingerprint?: string,
): Promise<OwnFacts> {
	return ownFacts(await chooseOne(reader, ders, source, fingerprint), source);
}

function ownFacts({ der, facts }: Described, source: string): OwnFacts {
	const { fingerprint, subject, issuer, serial, notBefore, notAfter } = facts;
	if (notBefore === null || notAfter === null || Date.parse(notBefore) > Date.parse(notAfter)) {
		throw new CfmError("usage", "bad-validity", t`The certificate in ${source} has no time in which it is valid.`, {
			data: { source, notBefore, notAfter },
		});
	}
	return { fingerprint, subject, issuer, serial, notBefore, notAfter, der: der.toString("base64") };
}

/**
 * Whether bytes hold a private key, or may: PEM says so, also in UTF-16; what begins in DER with a sequence and a number is PKCS#1,
 * PKCS#8, SEC 1 or PKCS#12, and what begins with the way of a password's encryption an encrypted PKCS#8, which no certificate,
 * list or message does.
 */
export function mayHoldKey(bytes: Buffer): boolean {
	if (/-----BEGIN [A-Z\d ]*PRIVATE KEY-----/.test(bytes.toString("latin1").replaceAll("\0", ""))) return true;
	if (bytes[0] !== 0x30) return false;
	if (byPassword.some((way) => bytes.subarray(0, 24).includes(way))) return true;
	const length = bytes[1] ?? 0;
	// 0x80 is "until its end", as some write PKCS#12.
	return bytes[length <= 0x80 ? 2 : 2 + (length & 0x7f)] === 0x02;
}

/** PKCS#5 (1.2.840.113549.1.5), and that of PKCS#12 (1.2.840.113549.1.12.1). */
const byPassword = [Buffer.from("06092a864886f70d0105", "hex"), Buffer.from("060a2a864886f70d010c01", "hex")];

export function privateKeyRefused(source: string): CfmError {
	return new CfmError(
		"usage",
		"private-key-refused",
		t`${source} holds a private key, or may. cfm takes certificates only, and keeps no key.`,
		{
			hints: [t`Export the certificate without its key, as PEM or DER. Nothing of the file was stored.`],
			data: { source },
		},
	);
}

/** Of a certificate whose revocation nobody has asked about yet. */
export const neverAsked = { revocation: null, revocationSeen: null, revokedAt: null, revocationReason: null } as const;

export interface RegisterRequest extends Pick<RegisteredCertificate, "alias" | "owner" | "wallet" | "note" | "place"> {
	facts: OwnFacts;
	now: Date;
}

/** `cfm certs register`. @throws CfmError conflict `alias-taken`, `certificate-registered` */
export function registerCertificate({ facts, now, ...own }: RegisterRequest): CertificateOperation {
	return {
		asked: { facts, ...own },
		async plan(view) {
			const there = await certificateCalled(view, own.alias);
			const already = there?.fingerprint === facts.fingerprint ? there : undefined;
			if (already !== undefined) return answered(already, already, now);
			if (there !== undefined) throw aliasTaken(there);
			const same = await first(view, { fingerprint: facts.fingerprint });
			if (same !== undefined) {
				throw new CfmError("conflict", "certificate-registered", t`The certificate is registered as ${same.alias}.`, {
					hints: [line("certs show", [same.alias])],
					data: { alias: same.alias },
				});
			}
			const [last] = (await Array.fromAsync(view.records(certificates, { descending: true, limit: 1 }))).flat();
			const after: RegisteredCertificate = {
				...{ number: (last?.number ?? 0) + 1, ...own, ...facts, ...neverAsked, status: "active", replacedBy: null },
				since: now.toISOString(),
			};
			return answered(null, after, now, "certificate.register");
		},
		answer: ({ answer }) => answer,
	};
}

/** What is to be set; undefined leaves it as it is. */
export interface SetCertificateRequest {
	certificate: string;
	alias: string | undefined;
	owner: string | null | undefined;
	wallet: string | undefined;
	status: "active" | "suspended" | undefined;
	note: string | null | undefined;
	now: Date;
}

/** `cfm certs set`. @throws CfmError not-found `no-such-certificate`; conflict `alias-taken`, `certificate-retired` */
export function setCertificate({ certificate, now, ...own }: SetCertificateRequest): CertificateOperation {
	return {
		asked: { certificate, ...own },
		async plan(view) {
			const before = await requireCertificate(view, certificate);
			const there = own.alias === undefined ? undefined : await certificateCalled(view, own.alias);
			if (there !== undefined && there.number !== before.number) throw aliasTaken(there);
			if (own.status !== undefined && before.status === "retired") throw retired(before);
			const said = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
			return answered(before, { ...before, ...said }, now, "certificate.set");
		},
		answer: ({ answer }) => answer,
	};
}

export interface RetireRequest {
	/** Its alias. */
	certificate: string;
	/** The alias of the certificate in its place. */
	replacedBy: string | undefined;
	now: Date;
}

/**
 * `cfm certs retire`: it is not signed with any more. It stays in the register.
 *
 * @throws CfmError not-found `no-such-certificate`; usage `replaced-by-itself`
 */
export function retireCertificate(request: RetireRequest): CertificateOperation {
	const { certificate, replacedBy, now } = request;
	return {
		asked: { certificate, replacedBy },
		async plan(view) {
			const before = await requireCertificate(view, certificate);
			const other = replacedBy === undefined ? undefined : await requireCertificate(view, replacedBy);
			if (other?.number === before.number)
				throw new CfmError("usage", "replaced-by-itself", t`${before.alias} can't be in its own place.`);
			const after = { ...before, status: "retired" as const, replacedBy: other?.number ?? before.replacedBy };
			return answered(before, after, now, "certificate.retire");
		},
		answer: ({ answer }) => answer,
	};
}

function answered(
	before: RegisteredCertificate | null,
	after: RegisteredCertificate,
	now: Date,
	action: "certificate.register" | "certificate.set" | "certificate.retire" = "certificate.set",
): Plan & { answer: CertificateAnswer } {
	const changed = before === null || !isSameRow(before, after);
	return {
		answer: { certificate: tellCertificate(after, now), changed, inventoryOnly: true },
		changes: changed ? [recordChange(certificates, action, before, after, after.note)] : [],
	};
}

async function first(view: RegistryView, where: { fingerprint: string }): Promise<RegisteredCertificate | undefined> {
	return (await Array.fromAsync(view.records(certificates, { where, limit: 1 }))).flat()[0];
}

function aliasTaken({ alias }: RegisteredCertificate): CfmError {
	return new CfmError("conflict", "alias-taken", t`Another certificate is registered as ${alias}.`, {
		hints: [
			line("certs show", [alias]),
			{ say: t`Specify another alias:`, line: { again: { alias: { fill: "ALIAS" } } } },
		],
		data: { alias },
	});
}

function retired({ alias }: RegisteredCertificate): CfmError {
	return new CfmError("conflict", "certificate-retired", t`${alias} was retired.`, {
		hints: [line("certs show", [alias])],
		data: { alias },
	});
}
