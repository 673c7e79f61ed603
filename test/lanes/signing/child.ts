import { join } from "node:path";
import type { Cage } from "../../../src/lib/adapters/isolation/cage.js";
import { Reader } from "../../../src/lib/adapters/isolation/reader.js";
import { isolatedCertificates } from "../../../src/lib/adapters/openssl/isolated.js";
import { isolatedPdfs } from "../../../src/lib/adapters/pdfium/isolated.js";
import { isolatedMessages } from "../../../src/lib/adapters/pkijs/isolated.js";
import type { Certificates } from "../../../src/lib/certificate/certificates.js";
import type { SignedMessages } from "../../../src/lib/cms/signed-data.js";
import type { Pdfs } from "../../../src/lib/pdf/pdfs.js";

const bin = join(import.meta.dirname, "..", "..", "..", "bin");

/** Certificates, judged by the program that was built, in a process of its own; `started` counts how many it took. */
export function certificatesApart(): Certificates & { started: () => number } {
	const words = [join(bin, "reader.cjs"), "reader.cjs", "200", "judge", "65533", "65533"];
	const permissions = ["--permission", "--allow-fs-read=*", "--allow-addons"];
	const cage: Cage = { file: process.execPath, words: [...permissions, ...words], lacks: [], apart: true };
	let count = 0;
	const start = (way: Cage) => {
		count += 1;
		return new Reader(way);
	};
	return Object.assign(isolatedCertificates({ ways: [cage], start }), { started: () => count });
}

/** Signed messages, read by the program that was built, in a process of its own. */
export function messagesApart(): SignedMessages & { started: () => number } {
	const words = [join(bin, "reader.cjs"), "message.cjs", "1000", "65533", "65533"];
	const permissions = ["--permission", "--allow-fs-read=*", "--allow-addons"];
	const cage: Cage = { file: process.execPath, words: [...permissions, ...words], lacks: [], apart: true };
	let count = 0;
	const start = (way: Cage) => {
		count += 1;
		return new Reader(way);
	};
	return Object.assign(isolatedMessages({ ways: [cage], start }), { started: () => count });
}

/** PDF files, read by the program that was built, in a process of its own; `started` counts how many it took. */
export function pdfsApart(): Pdfs & { started: () => number } {
	const words = [join(bin, "reader.cjs"), "reader.cjs", "800", "pdf", "65533", "65533"];
	const permissions = ["--permission", "--allow-fs-read=*", "--allow-addons"];
	const cage: Cage = { file: process.execPath, words: [...permissions, ...words], lacks: [], apart: true };
	let count = 0;
	const start = (way: Cage) => {
		count += 1;
		return new Reader(way);
	};
	return Object.assign(isolatedPdfs({ ways: [cage], start }), { started: () => count });
}
