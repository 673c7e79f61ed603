import { WithBytes } from "../isolation/serve.js";
import { compare } from "./compare.js";
import { evidence } from "./evidence.js";
import type { Pdfium } from "./library.js";
import { look } from "./look.js";
import type { EvidenceLine, LookLine, PdfRequest } from "./requests.js";

/** Answers what a process is asked of a PDF file. */
export async function answerAboutPdf(pdfium: Pdfium, request: PdfRequest, file: Buffer): Promise<unknown> {
	switch (request.ask) {
		case "look": {
			const seen = look(pdfium, file);
			const signatures = seen.signatures.map((one) => ({ ...one, contents: one.contents.length }));
			const bytes = Buffer.concat(seen.signatures.map(({ contents }) => contents));
			return new WithBytes({ ...seen, signatures } satisfies LookLine, bytes);
		}
		case "compare":
			return compare(pdfium, file, request.ends);
		case "evidence": {
			const found = await evidence(file);
			if (found === null) return null;
			const { certificates, crls, ocsps } = found;
			const lengths = (all: readonly Buffer[]) => all.map(({ length }) => length);
			const line = { ...found, certificates: lengths(certificates), crls: lengths(crls), ocsps: lengths(ocsps) };
			return new WithBytes(line satisfies EvidenceLine, Buffer.concat([...certificates, ...crls, ...ocsps]));
		}
	}
}
