import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Made, openssl } from "./authority.js";

/** Bytes that a PDF keeps for a signature. */
const room = 6000;

export interface SignOptions {
	field?: string;
	subFilter?: string;
	/** DocMDP: what others may change. */
	permission?: 1 | 2 | 3;
	/** FieldMDP: which fields others may not fill in, as it stands in the file: `/Action /All`. */
	lock?: string;
	/** What makes the bytes of `/Contents` of what is signed; by default `openssl cms`. */
	make?: (signed: Buffer) => Buffer;
	/** Another byte range than the right one, or none. */
	range?: (right: [number, number, number, number]) => number[];
	/** What else stands in the signature's dictionary. */
	more?: string;
	/** Objects that the same revision changes. */
	also?: Readonly<Record<number, string>>;
}

/** A PDF file as its objects, each revision behind the one before: written here, so that nothing must be parsed. */
export class Pdf {
	private constructor(
		readonly bytes: Buffer,
		private readonly bodies: ReadonlyMap<number, string>,
		private readonly last: number,
		private readonly fields: readonly number[],
	) {}

	/** The numbers of the objects that every file has. */
	static readonly at = { catalog: 1, pages: 2, page: 3, content: 4, font: 5, form: 6, text: 7 } as const;

	/** A file with one page, a text on it, and a text field. */
	static make(text = "The contract: 100 dollars"): Pdf {
		const { catalog, pages, page, content, font, form, text: field } = Pdf.at;
		const bodies = new Map<number, string>([
			[catalog, Pdf.catalog()],
			[pages, `<< /Type /Pages /Kids [${page} 0 R] /Count 1 >>`],
			[page, Pdf.page([field])],
			[content, Pdf.stream(`BT /F1 18 Tf 40 700 Td (${text}) Tj ET`)],
			[font, "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"],
			[form, Pdf.form([field])],
			[field, Pdf.textField("")],
		]);
		return new Pdf(Buffer.from("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "latin1"), new Map(), 0, [field]).change(bodies);
	}

	static catalog(more = ""): string {
		return `<< /Type /Catalog /Pages ${Pdf.at.pages} 0 R /AcroForm ${Pdf.at.form} 0 R ${more} >>`;
	}

	static page(annotations: readonly number[], content: number = Pdf.at.content): string {
		const references = annotations.map((one) => `${one} 0 R`).join(" ");
		const resources = `<< /Font << /F1 ${Pdf.at.font} 0 R >> >>`;
		return `<< /Type /Page /Parent ${Pdf.at.pages} 0 R /MediaBox [0 0 595 842] /Resources ${resources} /Contents ${content} 0 R /Annots [${references}] >>`;
	}

	static form(fields: readonly number[]): string {
		return `<< /Fields [${fields.map((one) => `${one} 0 R`).join(" ")}] /SigFlags 3 >>`;
	}

	static textField(value: string): string {
		const { page } = Pdf.at;
		return `<< /Type /Annot /Subtype /Widget /FT /Tx /T (Amount) /V (${value}) /Rect [40 600 200 620] /P ${page} 0 R >>`;
	}

	static stream(content: string | Buffer, more = ""): string {
		const text = Buffer.isBuffer(content) ? content.toString("latin1") : content;
		return `<< ${more} /Length ${text.length} >>\nstream\n${text}\nendstream`;
	}

	/** The next numbers that no object has. */
	get free(): number {
		return Math.max(0, ...this.bodies.keys()) + 1;
	}

	/** The same with another revision behind it. */
	change(objects: ReadonlyMap<number, string> | Readonly<Record<number, string>>, fields = this.fields): Pdf {
		const entries =
			objects instanceof Map
				? [...objects]
				: Object.entries(objects).map(([key, body]) => [Number(key), body] as const);
		const parts: Buffer[] = [this.bytes];
		let length = this.bytes.length;
		const put = (text: string) => {
			const bytes = Buffer.from(text, "latin1");
			parts.push(bytes);
			length += bytes.length;
		};
		const places = new Map<number, number>();
		for (const [key, body] of entries) {
			places.set(key, length);
			put(`${key} 0 obj\n${body}\nendobj\n`);
		}
		const bodies = new Map([...this.bodies, ...entries]);
		const start = length;
		put("xref\n0 1\n0000000000 65535 f \n");
		for (const [key, place] of places) put(`${key} 1\n${String(place).padStart(10, "0")} 00000 n \n`);
		const previous = this.last === 0 ? "" : `/Prev ${this.last}`;
		put(`trailer\n<< /Size ${Math.max(...bodies.keys()) + 1} /Root 1 0 R ${previous} >>\nstartxref\n${start}\n%%EOF\n`);
		return new Pdf(Buffer.concat(parts), bodies, start, fields);
	}

	/** The same with bytes that belong to nothing. */
	with(bytes: Buffer): Pdf {
		return new Pdf(bytes, this.bodies, this.last, this.fields);
	}

	/** The same with a signature field that nobody has signed. */
	withEmptyField(name: string): Pdf {
		const field = this.free;
		const body = `<< /Type /Annot /Subtype /Widget /FT /Sig /T (${name}) /Rect [0 0 0 0] /P ${Pdf.at.page} 0 R >>`;
		const all = [...this.fields, field];
		return this.change({ [field]: body, [Pdf.at.form]: Pdf.form(all), [Pdf.at.page]: Pdf.page(all) }, all);
	}

	/** The same, signed: in a revision of its own. */
	sign(signer: Made, chain: readonly Made[] = [], options: SignOptions = {}): Pdf {
		const { field: name = `Signature${this.fields.length}`, subFilter = "adbe.pkcs7.detached", permission } = options;
		const [field, signature] = [this.free, this.free + 1];
		const all = [...this.fields, field];
		const mark = "/ByteRange [0 1111111111 2222222222 3333333333]";
		const { lock } = options;
		const transform = (method: string, more: string) =>
			`<< /Type /SigRef /TransformMethod /${method} /TransformParams << /Type /TransformParams /V /1.2 ${more} >> >>`;
		const references = [
			...(permission ? [transform("DocMDP", `/P ${permission}`)] : []),
			...(lock === undefined ? [] : [transform("FieldMDP", lock)]),
		];
		const reference = references.length === 0 ? "" : `/Reference [${references.join(" ")}]`;
		const type = subFilter === "ETSI.RFC3161" ? "DocTimeStamp" : "Sig";
		const body = `<< /Type /${type} /Filter /Adobe.PPKLite /SubFilter /${subFilter} ${mark} /Contents <${"0".repeat(2 * room)}> /M (D:20260601120000Z) /Reason (I agree) ${reference} ${options.more ?? ""} >>`;
		const widget = `<< /Type /Annot /Subtype /Widget /FT /Sig /T (${name}) /V ${signature} 0 R /Rect [0 0 0 0] /F 132 /P ${Pdf.at.page} 0 R >>`;
		const catalog = permission ? { [Pdf.at.catalog]: Pdf.catalog(`/Perms << /DocMDP ${signature} 0 R >>`) } : {};
		const pdf = this.change(
			{
				...{ [signature]: body, [field]: widget, [Pdf.at.form]: Pdf.form(all), [Pdf.at.page]: Pdf.page(all) },
				...catalog,
				...options.also,
			},
			all,
		);
		const bytes = Buffer.from(pdf.bytes);
		const gap = bytes.lastIndexOf(`<${"0".repeat(2 * room)}>`);
		const end = gap + 2 * room + 2;
		const right: [number, number, number, number] = [0, gap, end, bytes.length - end];
		const range = options.range?.(right) ?? right;
		bytes.write(`/ByteRange [${range.join(" ")}]`.padEnd(mark.length), bytes.lastIndexOf(mark), "latin1");
		const pieces: Buffer[] = [];
		for (let at = 0; at + 1 < range.length; at += 2)
			pieces.push(bytes.subarray(range[at], (range[at] as number) + (range[at + 1] as number)));
		const made = (options.make ?? ((content) => cms(content, signer, chain)))(Buffer.concat(pieces));
		if (made.length > room) throw new RangeError(`${made.length} bytes of signature`);
		bytes.write(made.toString("hex"), gap + 1, "latin1");
		return pdf.with(bytes);
	}
}

/** A detached signature as PDFs have it. */
export function cms(content: Buffer, signer: Made, chain: readonly Made[] = [], more: readonly string[] = []): Buffer {
	const extra = chain.flatMap(({ file }) => ["-certfile", file]);
	const who = ["-signer", signer.file, "-inkey", signer.keyFile, ...extra];
	return openssl(["cms", "-sign", "-binary", "-outform", "DER", "-md", "sha256", ...who, ...more], { input: content });
}

/** A signature over the SHA-1 of the content, which stands inside (adbe.pkcs7.sha1). */
export function cmsOverSha1(content: Buffer, signer: Made, chain: readonly Made[] = []): Buffer {
	return cms(createHash("sha1").update(content).digest(), signer, chain, ["-nodetach"]);
}

/** A signature of RSA alone, in an OCTET STRING (adbe.x509.rsa_sha1). */
export function rawRsa(content: Buffer, { keyFile }: Made, hash = "sha1"): Buffer {
	const signature = openssl(["dgst", `-${hash}`, "-sign", keyFile], { input: content });
	return Buffer.concat([Buffer.from([0x04, 0x82, signature.length >> 8, signature.length & 0xff]), signature]);
}

/** A timestamp over the content. @param folder where it may write */
export function timestamp(content: Buffer, tsa: Made, folder: string): Buffer {
	const [query, config] = [join(folder, "pdf.tsq"), join(folder, "pdf-tsa.cnf")];
	const serial = join(folder, "pdf-tsa.serial");
	writeFileSync(serial, "01\n");
	writeFileSync(
		config,
		`[tsa]\ndefault_tsa = one\n[one]\nserial = ${serial}\ncrypto_device = builtin\nsigner_digest = sha256\ndefault_policy = 1.2.3.4\ndigests = sha256\nordering = yes\ntsa_name = no\ness_cert_id_chain = no\n`,
	);
	const digest = createHash("sha256").update(content).digest("hex");
	writeFileSync(query, openssl(["ts", "-query", "-digest", digest, "-sha256", "-cert"]));
	const who = ["-signer", tsa.file, "-inkey", tsa.keyFile];
	return openssl(["ts", "-reply", "-config", config, "-queryfile", query, "-token_out", ...who]);
}
