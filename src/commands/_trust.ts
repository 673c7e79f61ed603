import type { Certificates } from "../lib/certificate/certificates.js";
import { notariusAnchors } from "../lib/certificate/inputs.js";
import { readBytes, STANDARD_INPUT } from "../lib/cli/input/source.js";
import type { Context } from "../lib/context.js";
import { CfmError } from "../lib/errors.js";
import { t } from "../lib/text.js";

// What commands share that judge certificates: files of certificates, and whom to trust.

/** Certificates and lists of files, which are not locked. @throws CfmError usage `no-certificate` */
export async function takeAll(certificates: Certificates, named: readonly string[]) {
	const found = { certificates: [] as Buffer[], crls: [] as Buffer[] };
	for (const file of named) {
		const name = file === STANDARD_INPUT ? t`standard input` : file;
		const taken = await certificates.take(await readBytes(file, name, 0));
		if (taken.certificates.length + taken.crls.length === 0) {
			const message = t`There is neither a certificate nor a revocation list in ${file} that can be read.`;
			throw new CfmError("usage", "no-certificate", message, { data: { source: file } });
		}
		found.certificates.push(...taken.certificates);
		found.crls.push(...taken.crls);
	}
	return found;
}

/** The certificates to trust: `system`, `notarius`, or those in a file; by default, both of them. */
export async function anchorsOf(
	context: Context,
	certificates: Certificates,
	named: readonly string[],
): Promise<Buffer[]> {
	const stores = await context.host.stores();
	const anchors: Buffer[] = [];
	for (const one of named.length > 0 ? named : ["system", "notarius"]) {
		if (one !== "system" && one !== "notarius") {
			anchors.push(...(await takeAll(certificates, [one])).certificates);
			continue;
		}
		const found =
			one === "system"
				? await stores.roots()
				: await notariusAnchors(certificates, stores, await ownAnchors(context, certificates));
		if (found.known) anchors.push(...found.value);
		else context.shell.warn(t`Can't determine whom this system trusts: ${found.why}`);
	}
	return anchors;
}

/** What an administrator's setting says that the vendor's authorities are. */
async function ownAnchors(context: Context, certificates: Certificates): Promise<Buffer[]> {
	const file = (await context.settings()).get("certificates.notarius-anchors");
	if (file === undefined) return [];
	const bytes = await (await context.host.stores()).believed(file);
	return (await certificates.take(bytes)).certificates;
}

/** @throws CfmError usage `bad-policy` */
export function parsePolicy(text: string): string {
	if (/^[0-2](\.(0|[1-9]\d{0,38})){1,60}$/.test(text)) return text;
	throw new CfmError("usage", "bad-policy", t`Not an object identifier: ${text.slice(0, 80)}.`, {
		hints: [t`Write it as 1.2.840.113549.`],
	});
}
