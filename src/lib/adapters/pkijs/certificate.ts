import { createPublicKey, type KeyObject } from "node:crypto";
import { BaseStringBlock, BitString } from "asn1js";
import {
	attempt,
	decode,
	type Element,
	hexOf,
	inside,
	integer,
	isTagged,
	octets,
	oid,
	rawOf,
	sequence,
	set,
} from "./asn1.js";

/** What of a certificate it takes to find a signer's and to verify with it. */
export interface Candidate {
	der: Buffer;
	/** Names of its issuer, so that two spellings of one are equal. */
	issuer: string;
	/** Hexadecimal. */
	serial: string;
	/** Hexadecimal; null: it tells none. */
	keyId: string | null;
	/** Null: a key of a kind that Node does not know. */
	key: KeyObject | null;
	/** Whether it may sign timestamps, and nothing else (RFC 3161, 2.3). */
	isForTimestamps: boolean;
}

const extensionIds = { keyUsage: "2.5.29.15", keyId: "2.5.29.14", extendedUsage: "2.5.29.37" } as const;
const timestamping = "1.3.6.1.5.5.7.3.8";
/** Bits of a key usage that whoever signs timestamps may have: digitalSignature and contentCommitment. */
const signingBits = 0xc0;

/** Reads a certificate; undefined: it is none. Nothing in it is judged. */
export function candidateOf(der: Buffer): Candidate | undefined {
	return attempt(() => {
		const [tbs] = sequence(decode(der).element);
		const [first, ...rest] = sequence(tbs);
		const fields = isTagged(first, 0) ? rest : [first, ...rest];
		const [serial, , issuer, , , spki] = fields;
		const tagged = fields.find((one) => isTagged(one, 3));
		const extensions = tagged === undefined ? [] : extensionsIn(tagged);
		const keyId = extensions.find(({ id }) => id === extensionIds.keyId);
		return {
			der,
			issuer: nameKey(issuer),
			serial: hexOf(integer(serial)),
			keyId: keyId === undefined ? null : octets(decode(keyId.value).element).toString("hex"),
			key: keyIn(spki as Element),
			isForTimestamps: attempt(() => isForTimestamps(extensions)) ?? false,
		};
	});
}

function keyIn(spki: Element): KeyObject | null {
	return attempt(() => createPublicKey({ key: rawOf(spki), format: "der", type: "spki" })) ?? null;
}

interface Extension {
	id: string;
	isCritical: boolean;
	value: Buffer;
}

function extensionsIn(tagged: Element): Extension[] {
	return sequence(inside(tagged)[0]).map((extension) => {
		const [id, ...rest] = sequence(extension);
		return { id: oid(id), isCritical: rest.length > 1, value: octets(rest.at(-1)) };
	});
}

/** @throws Malformed */
function isForTimestamps(extensions: readonly Extension[]): boolean {
	const usage = extensions.find(({ id }) => id === extensionIds.keyUsage);
	if (usage !== undefined) {
		const { element } = decode(usage.value);
		const bits = element instanceof BitString ? (element.valueBlock.valueHexView[0] ?? 0) : 0;
		if ((bits & signingBits) === 0 || (bits & ~signingBits) !== 0) return false;
	}
	const extended = extensions.find(({ id }) => id === extensionIds.extendedUsage);
	if (extended === undefined || !extended.isCritical) return false;
	const usages = sequence(decode(extended.value).element).map(oid);
	return usages.length === 1 && usages[0] === timestamping;
}

/** A name that can be compared: programs write one text in several string types (RFC 5280, 7.1). @throws Malformed */
export function nameKey(name: Element | undefined): string {
	const parts = sequence(name).map((part) =>
		set(part)
			.map((pair) => {
				const [type, value] = sequence(pair);
				return [oid(type), textOf(value as Element)];
			})
			.toSorted(([a = ""], [b = ""]) => (a < b ? -1 : 1)),
	);
	return JSON.stringify(parts);
}

function textOf(value: Element): string {
	if (!(value instanceof BaseStringBlock)) return rawOf(value).toString("hex");
	return value.getValue().trim().replace(/\s+/g, " ").toLowerCase();
}
