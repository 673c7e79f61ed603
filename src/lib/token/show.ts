import { X509Certificate } from "node:crypto";
import type { SeenObject, TokenDetails, Tokens } from "./token.js";

/** A certificate or a key as it is shown. */
export interface ShownObject {
	kind: SeenObject["kind"];
	id: string;
	label: string;
	/** Of a certificate that can be read. */
	subject: string | null;
	notAfter: string | null;
}

export interface ShownToken extends Omit<TokenDetails, "mechanismDetails" | "slotDescription"> {
	module: string;
	slotDescription: string;
	objects: ShownObject[];
	/** Of objects. */
	total: number;
}

/** All that a token shows without a PIN. @throws CfmError as `Tokens.open` */
export async function showToken(tokens: Tokens, module: string, slot: number): Promise<ShownToken> {
	const opened = await tokens.open(module, slot);
	try {
		// Modules list them in any order, SoftHSM in another one each time.
		const place = ({ id, kind }: SeenObject) => `${id} ${kind}`;
		const all = (await opened.objects()).toSorted((a, b) => (place(a) < place(b) ? -1 : 1));
		const objects = all.map(shown);
		const { mechanismDetails: _, ...token } = opened.token;
		return { module: opened.module, ...token, objects, total: objects.length };
	} finally {
		await opened.close();
	}
}

function shown({ kind, id, label, certificate }: SeenObject): ShownObject {
	const read = certificate === null ? null : readCertificate(certificate);
	return { kind, id, label, subject: read?.subject ?? null, notAfter: read?.notAfter ?? null };
}

/** Who a certificate is for, on one line, and until when; null when it can't be read. */
export function readCertificate(der: Buffer): { subject: string; notAfter: string } | null {
	try {
		const { subject, validToDate } = new X509Certificate(der);
		return { subject: subject.split("\n").join(", "), notAfter: validToDate.toISOString() };
	} catch {
		return null;
	}
}
