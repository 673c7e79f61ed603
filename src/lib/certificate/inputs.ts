import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import { known } from "../known.js";
import { t } from "../text.js";
import type { CertificateFacts, Certificates, CrlFacts, Taken, Unlocked } from "./certificates.js";
import { bearsNotariusName } from "./notarius.js";
import type { Stores } from "./stores.js";

/** What was in a file that somebody named. */
export interface Opened {
	kind: Taken["kind"];
	certificates: Buffer[];
	crls: Buffer[];
	/** Whether a private key is with the first certificate. */
	hasKey: boolean;
}

/**
 * Takes a file apart, and opens it where it is locked.
 *
 * @param source its name, for messages
 * @param password asked for only if the file is locked; a secret
 * @throws CfmError usage `no-certificate`; denied `wrong-password`
 */
export async function openFile(
	certificates: Certificates,
	file: Buffer,
	source: string,
	password: () => Promise<string>,
): Promise<Opened> {
	const { kind, ...taken } = await certificates.take(file);
	if (kind !== "pkcs12") {
		if (taken.certificates.length + taken.crls.length === 0) throw noCertificateError(source);
		return { kind, ...taken, hasKey: false };
	}
	const opened = await unlockFile(certificates, file, source, password);
	if (opened.is === "unreadable" || opened.certificates.length === 0) throw noCertificateError(source);
	return { kind, certificates: opened.certificates, crls: [], hasKey: opened.key !== null };
}

/**
 * Opens a PKCS#12 file.
 *
 * @param password asked for only if the empty one does not open it; a secret
 * @throws CfmError denied `wrong-password`
 */
export async function unlockFile(
	certificates: Certificates,
	file: Buffer,
	source: string,
	password: () => Promise<string>,
): Promise<Unlocked> {
	// Many files have an empty password: nobody is asked for that.
	let opened = await certificates.unlock(file, "");
	if (opened.is === "wrong-password") opened = await certificates.unlock(file, await password());
	if (opened.is !== "wrong-password") return opened;
	throw new CfmError("denied", "wrong-password", t`The password of ${source} is wrong.`, { data: { source } });
}

function noCertificateError(source: string): CfmError {
	return new CfmError("usage", "no-certificate", t`There is no certificate in ${source} that can be read.`, {
		hints: [t`It must be PEM, DER, PKCS#7 or PKCS#12.`],
		data: { source },
	});
}

/** What files and stores say of what is in them. */
export interface Inspected {
	certificates: CertificateFacts[];
	total: number;
	crls: CrlFacts[];
}

/** Describes certificates and lists; what is damaged is left out, and counted by nobody: it was none. */
export async function inspect(
	certificates: Certificates,
	found: Pick<Opened, "certificates" | "crls">,
): Promise<Inspected> {
	const facts = (await certificates.describe(found.certificates)).filter((one) => one !== null);
	const crls = (await certificates.describeCrls(found.crls)).filter((one) => one !== null);
	return { certificates: facts, total: facts.length, crls };
}

/**
 * The certificates that bear the names of the vendor's authorities, among those that an administrator put in or that this
 * machine believes.
 *
 * @param own those that an administrator put in: believed by whatever name
 */
export async function notariusAnchors(
	certificates: Certificates,
	stores: Stores,
	own: readonly Buffer[],
): Promise<Known<Buffer[]>> {
	const roots = await stores.roots();
	if (!roots.known) return own.length > 0 ? known([...own]) : roots;
	const facts = await certificates.describe(roots.value);
	const named = roots.value.filter((_, at) => {
		const subject = facts[at]?.subject;
		return subject !== undefined && bearsNotariusName(subject);
	});
	return known([...own, ...named]);
}
