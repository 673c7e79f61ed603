import { WithBytes } from "../isolation/serve.js";
import { compare } from "./compare.js";
import { evidence } from "./evidence.js";
import { history } from "./history.js";
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
		case "history":
			return history(pdfium, file, request.ends);
		case "evidence": {
			const found = await evidence(file);
			if (found === null) return null;
			const parts: Buffer[] = [];
			const put = (bytes: Buffer) => {
				parts.push(bytes);
				return bytes.length;
			};
			const { hasStore, vri } = found;
			const [certificates, crls, ocsps] = [found.certificates.map(put), found.crls.map(put), found.ocsps.map(put)];
			const fields = found.fields.map(({ name, signature: one }) => {
				const signature =
					one === null ? null : { ...one, contents: put(one.contents), certificates: one.certificates.map(put) };
				return { name, signature };
			});
			return new WithBytes(
				{ hasStore, vri, certificates, crls, ocsps, fields } satisfies EvidenceLine,
				Buffer.concat(parts),
			);
		}
	}
}
