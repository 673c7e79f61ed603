import {
	type BaseBlock,
	Constructed,
	fromBER,
	Integer,
	ObjectIdentifier,
	OctetString,
	Sequence,
	Set as SetOf,
} from "asn1js";

// How the elements that asn1js reads are looked into. asn1js is the parser; what is wrong with an element is told by `Malformed`.

export type Element = BaseBlock;

/** The bytes are not what they are read as. */
class Malformed extends Error {
	override readonly name = "Malformed";
}

/** A list of revocation of 100,000 entries is half a million elements. */
const limits = { maxDepth: 64, maxNodes: 2_000_000, maxContentLength: 2 ** 30, parseEmbedded: false, copyInput: false };

/** The first element, and how many bytes it has. @throws Malformed */
export function decode(bytes: Uint8Array): { element: Element; length: number } {
	const { offset, result } =
		bytes.length === 0 ? { offset: -1, result: undefined } : fromBER(bytes as Uint8Array<ArrayBuffer>, limits);
	if (offset < 0 || result === undefined || result.error !== "") throw new Malformed(result?.error ?? "empty");
	return { element: result, length: offset };
}

/** Tries to read something; undefined: it is malformed. */
export function attempt<T>(read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		// asn1js and pkijs have errors of their own, and run into those of the language where an element is not what they expect.
		if (error instanceof Error) return undefined;
		throw error;
	}
}

/** As it stands in the file. */
export const rawOf = (element: Element): Buffer => bufferOf(element.valueBeforeDecodeView);

export const bufferOf = (view: Uint8Array): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength);

/** What stands inside, of a sequence, a set, or a tagged one. @throws Malformed */
export function inside(element: Element | undefined): Element[] {
	if (element instanceof Constructed) return element.valueBlock.value as Element[];
	throw new Malformed("not constructed");
}

export function sequence(element: Element | undefined): Element[] {
	if (element instanceof Sequence) return inside(element);
	throw new Malformed("no sequence");
}

export function set(element: Element | undefined): Element[] {
	if (element instanceof SetOf) return inside(element);
	throw new Malformed("no set");
}

/** Whether it has this tag of its context. */
export const isTagged = (element: Element | undefined, tag: number): element is Element =>
	element !== undefined && element.idBlock.tagClass === 3 && element.idBlock.tagNumber === tag;

/** Dotted numbers. @throws Malformed */
export function oid(element: Element | undefined): string {
	if (element instanceof ObjectIdentifier) return element.getValue();
	throw new Malformed("no object identifier");
}

/** @throws Malformed */
export function octets(element: Element | undefined): Buffer {
	if (element instanceof OctetString) return bufferOf(new Uint8Array(element.getValue()));
	throw new Malformed("no octet string");
}

/** The bytes of an integer: two's complement, the first first. @throws Malformed */
export function integer(element: Element | undefined): Buffer {
	if (element instanceof Integer) return bufferOf(element.valueBlock.valueHexView);
	throw new Malformed("no integer");
}

/** A small integer. @throws Malformed */
export function small(element: Element | undefined): number {
	const bytes = integer(element);
	if (bytes.length === 0 || bytes.length > 4) throw new Malformed("not a small integer");
	return bytes.readIntBE(0, bytes.length);
}

/** Hexadecimal, without zeros that only say that it is positive. */
export const hexOf = (bytes: Buffer): string => bytes.toString("hex").replace(/^(00)+(?=..)/, "");

/** The same value in DER: lengths that are told, strings in one piece. It changes the element. */
export function inDer(element: Element, sorted: boolean): Buffer {
	normalize(element);
	if (sorted && element instanceof Constructed) {
		const items = element.valueBlock.value as Element[];
		element.valueBlock.value = items.toSorted((a, b) => Buffer.compare(encode(a), encode(b)));
	}
	return encode(element);
}

const encode = (element: Element): Buffer => Buffer.from(element.toBER(false));

function normalize(element: Element): void {
	element.lenBlock.isIndefiniteForm = false;
	element.lenBlock.longFormUsed = false;
	if (element instanceof OctetString && element.idBlock.isConstructed) {
		const value = new Uint8Array(element.getValue());
		element.idBlock.isConstructed = false;
		element.valueBlock.isConstructed = false;
		element.valueBlock.isIndefiniteForm = false;
		element.valueBlock.value = [];
		element.valueBlock.valueHexView = value;
		return;
	}
	if (!(element instanceof Constructed)) return;
	element.valueBlock.isIndefiniteForm = false;
	for (const one of element.valueBlock.value as Element[]) normalize(one);
}
