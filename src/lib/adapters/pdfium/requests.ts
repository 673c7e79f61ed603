import {
	lockActions,
	mostNamed,
	type PastSignature,
	type PdfEvidence,
	type PdfField,
	type PdfLock,
	type PdfLook,
	type PdfPast,
	type PdfRevision,
	type PdfSignature,
	pdfChanges,
	pdfStates,
	type SecondSignature,
} from "../../pdf/pdfs.js";
import { fields, flag, list, numberUpTo, OddAnswer, oneOf, orNull, type Shape, text } from "../isolation/shape.js";
import { mostSignatures } from "./look.js";

// What goes between `cfm` and the process that reads PDF files: a line of JSON, with the file before it. What is DER comes back
// in one piece before the answer, and its lengths are in the line.

/** A request as it goes to the process; the file goes with it. */
export type PdfRequest =
	| { ask: "look" | "evidence" }
	| { ask: "compare"; ends: readonly number[] }
	| { ask: "history"; ends: readonly number[] };

/** An answer whose DER is told by its lengths. */
export type SignatureLine = Omit<PdfSignature, "contents"> & { contents: number };
export type LookLine = Omit<PdfLook, "signatures"> & { signatures: SignatureLine[] };
export type SecondLine = Omit<SecondSignature, "contents" | "certificates"> & {
	contents: number;
	certificates: number[];
};
export type FieldLine = Omit<PdfField, "signature"> & { signature: SecondLine | null };
export type EvidenceLine = Omit<PdfEvidence, "certificates" | "crls" | "ocsps" | "fields"> & {
	certificates: number[];
	crls: number[];
	ocsps: number[];
	fields: FieldLine[];
};

const anyNumber: Shape<number> = (value) => {
	if (Number.isSafeInteger(value)) return value as number;
	throw new OddAnswer("not such a number");
};
const size = numberUpTo(2 ** 32);
const sizes = list(size, 10_000);
const longText = text(1 << 22);

const byteRange = list(anyNumber, 1000);
const permission: Shape<PdfSignature["permission"]> = orNull((value) => {
	if (value === 1 || value === 2 || value === 3) return value;
	throw new OddAnswer("none of the permissions");
});
const locks = list(fields<PdfLock>({ action: oneOf(lockActions), fields: list(text(4000), 1000) }), 100);

export const lookShape: Shape<LookLine> = fields<LookLine>({
	...{ state: oneOf(pdfStates), isEncrypted: flag, pages: size, ends: list(size, 10_000) },
	signatures: list(
		fields<SignatureLine>({
			...{ field: orNull(longText), subFilter: orNull(longText), byteRange, contents: size },
			...{ claimedAt: orNull(longText), reason: orNull(longText), permission },
		}),
		mostSignatures,
	),
});

export const revisionsShape: Shape<PdfRevision[]> = list(
	fields<PdfRevision>({
		...{ end: size, changed: orNull(list(oneOf(pdfChanges), pdfChanges.length)) },
		...{ pages: list(size, mostNamed), fields: list(longText, mostNamed) },
	}),
	10_000,
);

export const evidenceShape: Shape<EvidenceLine | null> = orNull(
	fields<EvidenceLine>({
		...{ hasStore: flag, vri: list(text(100), 10_000) },
		...{ certificates: sizes, crls: sizes, ocsps: sizes },
		fields: list(
			fields<FieldLine>({
				name: text(4000),
				signature: orNull(
					fields<SecondLine>({
						...{ subFilter: orNull(longText), byteRange, contents: size, permission, locks },
						...{ claimedAt: orNull(longText), reason: orNull(longText), certificates: list(size, 100) },
					}),
				),
			}),
			10_000,
		),
	}),
);

const hashText = text(64);

export const historyShape: Shape<PdfPast[]> = list(
	fields<PdfPast>({
		end: size,
		signatures: list(
			fields<PastSignature>({
				...{ byteRange, permission, locks, said: hashText, saidSecond: orNull(hashText), isTimestamp: flag },
			}),
			20_000,
		),
		changed: orNull(list(oneOf(pdfChanges), pdfChanges.length)),
		fields: list(text(4000), mostNamed),
	}),
	10_000,
);
