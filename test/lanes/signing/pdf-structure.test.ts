import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PDFDocument } from "@cantoo/pdf-lib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { examinePdf } from "../../../src/lib/pdf/examine.js";
import { makeFolder } from "../../folders.js";
import { Authority, type Made } from "./authority.js";
import { pdfsApart } from "./child.js";
import { Pdf } from "./pdf.js";

// What a PDF's structure says of its signatures: which bytes they are over, and what came later. The attacks are those that were
// published on PDF signatures (Mladenov and others, 2019; Rohlmann and others, 2021).

const pdfs = pdfsApart();
let folder: string;
let root: Authority;
let ana: Made;
let ben: Made;
beforeAll(() => {
	folder = makeFolder("pdf");
	root = Authority.root(folder, "root");
	ana = root.issue("ana");
	ben = root.issue("ben");
});
afterAll(() => pdfs.close());

/** What we say of a file's signatures. */
async function judge({ bytes }: { bytes: Buffer }) {
	const { signatures } = await examinePdf(bytes, pdfs);
	return signatures.map(({ field, coverage, after: { allowed, forbidden } }) => {
		return { field, is: coverage.is, faults: coverage.faults, allowed, forbidden };
	});
}

/** What `pdfsig` says of a file. */
function pdfsig({ bytes }: { bytes: Buffer }): string {
	const file = join(folder, "judged.pdf");
	writeFileSync(file, bytes);
	return execFileSync("pdfsig", ["-nocert", file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
}

const whole = { is: "file", faults: [], allowed: true, forbidden: [] };
const former = { is: "revision", faults: [], allowed: true, forbidden: [] };
const { at } = Pdf;

describe("what a signature is over", () => {
	it("the whole file", async () => {
		const pdf = Pdf.make().sign(ana, [root.own], { field: "Ana" });
		expect(await judge(pdf)).toEqual([{ field: "Ana", ...whole }]);
		expect(pdfsig(pdf)).toMatch(/Total document signed[\s\S]*Signature is Valid/);
	});

	it("two signatures: the first is over an earlier revision", async () => {
		const pdf = Pdf.make().sign(ana, [root.own]).sign(ben, [root.own]);
		expect(await judge(pdf)).toEqual([
			{ field: "Signature1", ...former },
			{ field: "Signature2", ...whole },
		]);
		expect(pdfsig(pdf)).toMatch(/Not total document signed[\s\S]*Total document signed/);
	});

	it("a field that nobody has signed", async () => {
		const { bytes } = Pdf.make().withEmptyField("Later").sign(ana, [root.own]).withEmptyField("Last");
		const found = await examinePdf(bytes, pdfs);
		expect(found.unsigned).toEqual(["Later", "Last"]);
		expect(found.signatures).toMatchObject([{ field: "Signature2", revision: 3, after: { allowed: true } }]);
		expect(found.revisions).toBe(4);
	});

	it("a field that only has room for a signature, as programs leave it that are not done", async () => {
		const pdf = Pdf.make().sign(ana, [], { make: () => Buffer.alloc(0) });
		expect(await examinePdf(pdf.bytes, pdfs)).toMatchObject({ signatures: [], unsigned: ["Signature1"] });
	});

	it("no range at all (universal signature forgery)", async () => {
		const pdf = Pdf.make().sign(ana, [root.own], { range: () => [] });
		expect(await judge(pdf)).toMatchObject([{ is: "odd", faults: ["no-range"] }]);
		const bytes = Buffer.from(pdf.bytes.toString("latin1").replace("/ByteRange", "/ByteRanje"), "latin1");
		expect(await judge({ bytes })).toMatchObject([{ is: "odd", faults: ["no-range"] }]);
	});

	/** The last signature's field below another one. */
	const below = (pdf: Pdf, child = "") => {
		const [field, parent] = [pdf.free - 2, pdf.free];
		return {
			[parent]: `<< /T (Part) /FT /Sig /Kids [${field} 0 R] >>`,
			[field]: `<< /Type /Annot /Subtype /Widget /T (Ana) /Parent ${parent} 0 R ${child} /Rect [0 0 0 0] /P ${at.page} 0 R >>`,
			[at.form]: Pdf.form([at.text, parent]),
		};
	};

	it("fields below others, which inherit what they are", async () => {
		const field = Pdf.make().free;
		const pdf = Pdf.make().sign(ana, [root.own], {
			also: {
				[field + 2]: `<< /T (Part) /FT /Sig /Kids [${field} 0 R ${field + 3} 0 R] >>`,
				[field]: `<< /Type /Annot /Subtype /Widget /T (Ana) /Parent ${field + 2} 0 R /V ${field + 1} 0 R /Rect [0 0 0 0] /P ${at.page} 0 R >>`,
				[field + 3]: `<< /T (Ben) /Parent ${field + 2} 0 R /Rect [0 0 0 0] >>`,
				[at.form]: Pdf.form([at.text, field + 2]),
			},
		});
		const found = await examinePdf(pdf.bytes, pdfs);
		expect(found.unsigned).toEqual(["Part.Ben"]);
		expect(await judge(pdf)).toEqual([{ field: "Part.Ana", ...whole }]);
		expect(pdfsig(pdf)).toMatch(/Part\.Ana[\s\S]*Total document signed[\s\S]*Signature is Valid/);
	});

	it("a field that was moved below another one is still the one that was signed", async () => {
		const pdf = Pdf.make().sign(ana, [root.own]);
		const moved = pdf.change(below(pdf, `/V ${pdf.free - 1} 0 R`));
		expect(await judge(moved)).toMatchObject([{ field: "Part.Ana", is: "revision" }]);
	});

	it("a file without signatures", async () => {
		expect(await judge(Pdf.make())).toEqual([]);
	});

	it("not its own bytes: a gap that is larger than the signature", async () => {
		const pdf = Pdf.make().sign(ana, [], { range: ([, first, after, rest]) => [0, first - 5, after, rest] });
		expect(await judge(pdf)).toMatchObject([{ is: "odd", faults: ["gap-not-contents"] }]);
	});

	it.each<[string, (right: number[]) => number[], string]>([
		["one range", ([, first = 0]) => [0, first], "not-two-ranges"],
		["three ranges", ([, first = 0, after = 0, rest = 0]) => [0, first, after, rest - 9, after, 5], "not-two-ranges"],
		["a start behind the header", ([, first = 0, after = 0, rest = 0]) => [9, first - 9, after, rest], "starts-late"],
		["an end inside", ([, first = 0, after = 0, rest = 0]) => [0, first, after, rest - 40], "ends-inside-a-revision"],
		["ranges out of order", ([, first = 0, after = 0, rest = 0]) => [after, rest, 0, first], "out-of-order"],
		["an end beyond the file", ([, first = 0, after = 0, rest = 0]) => [0, first, after, rest + 7], "beyond-the-end"],
		["a negative number", ([, first = 0, after = 0, rest = 0]) => [0, first, -after, rest], "out-of-order"],
	])("not the file: %s", async (_, range, fault) => {
		const pdf = Pdf.make().sign(ana, [], { range, make: () => Buffer.from("3000", "hex") });
		expect(await judge(pdf)).toMatchObject([{ is: "odd", faults: [fault] }]);
	});

	it("signature wrapping: the file leads to another string than the one in the gap", async () => {
		const signed = Pdf.make().sign(ana, [root.own]);
		const [original] = (await pdfs.look(signed.bytes)).signatures;
		const [, first = 0, after = 0, rest = 0] = original?.byteRange ?? [];
		// The signed dictionary is replaced by one with the same numbers, and other contents.
		const body = `<< /Type /Sig /Filter /Adobe.PPKLite /SubFilter /adbe.pkcs7.detached /ByteRange [0 ${first} ${after} ${rest}] /Contents <3003020101> >>`;
		const wrapped = signed.change({ [signed.free - 1]: body });
		expect(await judge(wrapped)).toMatchObject([{ is: "odd", faults: ["other-contents"] }]);
	});
});

describe("what came after a signature", () => {
	const signed = (permission?: 1 | 2 | 3) =>
		Pdf.make().sign(ana, [root.own], permission === undefined ? {} : { permission });

	it("another text on the page", async () => {
		const pdf = signed().change({
			[at.content]: Pdf.stream("BT /F1 18 Tf 40 700 Td (The contract: 999 dollars) Tj ET"),
		});
		expect(await judge(pdf)).toMatchObject([{ is: "revision", allowed: false, forbidden: ["text", "appearance"] }]);
		// Only what was signed is judged there.
		expect(pdfsig(pdf)).toMatch(/Not total document signed[\s\S]*Signature is Valid/);
	});

	it("something drawn over the page, without another text", async () => {
		const before = "BT /F1 18 Tf 40 700 Td (The contract: 100 dollars) Tj ET";
		const pdf = signed().change({ [at.content]: Pdf.stream(`${before} 1 0 0 rg 40 690 200 40 re f`) });
		expect(await judge(pdf)).toMatchObject([{ allowed: false, forbidden: ["appearance"] }]);
	});

	it("another font under the same text (shadow: replace)", async () => {
		const pdf = signed().change({ [at.font]: "<< /Type /Font /Subtype /Type1 /BaseFont /Symbol >>" });
		expect(await judge(pdf)).toMatchObject([{ allowed: false }]);
	});

	it("what was hidden is shown (shadow: hide)", async () => {
		const hidden = 20;
		const pdf = Pdf.make()
			.change({ [hidden]: Pdf.stream("BT /F1 18 Tf 40 700 Td (Pay 999 dollars) Tj ET") })
			.sign(ana, [root.own]);
		const fields = [at.text, pdf.free - 2];
		expect(await judge(pdf.change({ [at.page]: Pdf.page(fields, hidden) }))).toMatchObject([
			{ allowed: false, forbidden: ["text", "appearance"] },
		]);
	});

	it("another page", async () => {
		const pdf = signed();
		const page = pdf.free;
		const pages = `<< /Type /Pages /Kids [${at.page} 0 R ${page} 0 R] /Count 2 >>`;
		expect(await judge(pdf.change({ [at.pages]: pages, [page]: Pdf.page([]) }))).toMatchObject([
			{ allowed: false, forbidden: ["pages"] },
		]);
	});

	it.each([
		[undefined, true],
		[3, true],
		[2, true],
		[1, false],
	] as const)("a form field that was filled in, with permission %s: %s", async (permission, isAllowed) => {
		const pdf = signed(permission).change({ [at.text]: Pdf.textField("100") });
		expect(await judge(pdf)).toMatchObject([{ allowed: isAllowed, forbidden: isAllowed ? [] : ["form-fields"] }]);
	});

	it.each([
		["/Action /All", false],
		["/Action /Include /Fields [(Amount)]", false],
		["/Action /Include /Fields [(Name)]", true],
		["/Action /Exclude /Fields [(Amount)]", true],
		["/Action /Exclude /Fields [(Name)]", false],
		["/Action /Unheard", false],
	])("a form field that was filled in, where the signer locks %s: %s", async (lock, isAllowed) => {
		const pdf = Pdf.make()
			.sign(ana, [root.own], { lock })
			.change({ [at.text]: Pdf.textField("100") });
		expect(await judge(pdf)).toMatchObject([{ allowed: isAllowed, forbidden: isAllowed ? [] : ["form-fields"] }]);
	});

	it.each([
		[undefined, true],
		[3, true],
		[2, false],
		[1, false],
	] as const)("an annotation, with permission %s: %s", async (permission, isAllowed) => {
		const pdf = signed(permission);
		const note = pdf.free;
		const body = "<< /Type /Annot /Subtype /Square /Rect [100 100 200 200] /C [1 0 0] /Contents (seen) >>";
		const changed = pdf.change({ [note]: body, [at.page]: Pdf.page([at.text, note - 2, note]) });
		expect(await judge(changed)).toMatchObject([{ allowed: isAllowed, forbidden: isAllowed ? [] : ["annotations"] }]);
	});

	it.each([
		[undefined, true],
		[3, false],
		[2, false],
		[1, false],
	] as const)("a form field that was added, with permission %s: %s", async (permission, isAllowed) => {
		const pdf = signed(permission);
		const field = pdf.free;
		const changed = pdf.change({
			[field]: Pdf.textField("").replace("(Amount)", "(More)"),
			[at.form]: Pdf.form([at.text, field - 2, field]),
			[at.page]: Pdf.page([at.text, field - 2, field]),
		});
		const [one] = await judge(changed);
		expect([one?.allowed, one?.forbidden.includes("form")]).toEqual([isAllowed, !isAllowed]);
	});

	it("what is kept for later and a timestamp, where nothing else may change", async () => {
		const pdf = signed(1);
		const [store, stream] = [pdf.free, pdf.free + 1];
		const kept = pdf.change({
			[store]: `<< /Type /DSS /Certs [${stream} 0 R] >>`,
			[stream]: Pdf.stream(root.own.der),
			[at.catalog]: Pdf.catalog(`/DSS ${store} 0 R /Perms << /DocMDP ${store - 1} 0 R >>`),
		});
		expect(await judge(kept)).toMatchObject([{ allowed: true }]);
		const stamped = kept.sign(ana, [], { subFilter: "ETSI.RFC3161" });
		expect(await judge(stamped)).toMatchObject([{ allowed: true }, whole]);
		const { signatures } = await examinePdf(stamped.bytes, pdfs);
		expect(signatures[0]?.after.revisions.map(({ changed }) => changed)).toEqual([["evidence"], ["timestamps"]]);
	});

	it.each<[string, (body: string) => string]>([
		["another reason", (body) => body.replace("(I agree)", "(I object)")],
		["another name, which PDFium can't be asked for", (body) => body.replace("(I agree)", "(I agree) /Name (Ben)")],
		["no permissions", (body) => body.replace(/\/Reference .*/, ">>")],
		["no locks", (body) => body.replace("FieldMDP", "Nothing")],
	])("the signature's own dictionary, with the same signature: %s", async (_, change) => {
		const lock = "/Action /All";
		const pdf = Pdf.make().sign(ana, [root.own], { permission: 2, lock });
		const number = pdf.free - 1;
		const text = pdf.bytes.toString("latin1");
		const start = text.lastIndexOf(`${number} 0 obj\n`) + `${number} 0 obj\n`.length;
		const body = text.slice(start, text.indexOf("endobj", start));
		expect(change(body)).not.toBe(body);
		const replaced = pdf.change({ [number]: change(body) });
		const filled = replaced.change({ [at.text]: Pdf.textField("100") });
		expect(await judge(filled)).toMatchObject([
			{ is: "revision", allowed: false, forbidden: expect.arrayContaining(["form-fields", "replaced-signature"]) },
		]);
	});

	it("a certification that is withdrawn", async () => {
		const pdf = signed(2).change({ [at.catalog]: Pdf.catalog() });
		expect(await judge(pdf)).toMatchObject([{ allowed: false, forbidden: ["permissions"] }]);
	});

	it("a script that runs when the file is opened", async () => {
		const pdf = signed().change({
			[at.catalog]: Pdf.catalog("/OpenAction << /Type /Action /S /JavaScript /JS (app.alert) >>"),
		});
		expect(await judge(pdf)).toMatchObject([{ allowed: false, forbidden: ["scripts"] }]);
	});

	it("signatures that are gone, from the form or altogether", async () => {
		const pdf = Pdf.make().sign(ana, [root.own]).sign(ben, [root.own]);
		const [first, second] = [pdf.free - 4, pdf.free - 2];
		const gone = pdf.change({ [at.form]: Pdf.form([at.text, second]), [at.page]: Pdf.page([at.text, second]) });
		expect(await judge(gone)).toMatchObject([
			{ field: "Signature2", allowed: false, forbidden: ["removed-signatures"] },
			{ field: "Signature1", allowed: false },
		]);
		// Only the page leads to it.
		const hidden = Pdf.make().sign(ana, [root.own]);
		expect(await judge(hidden.change({ [at.catalog]: "<< /Type /Catalog /Pages 2 0 R >>" }))).toMatchObject([
			{ field: "Signature1", is: "revision" },
		]);
		// Whoever signs after it was removed has agreed.
		const agreed = Pdf.make().sign(ana, [root.own]);
		const left = agreed.change({ [at.form]: Pdf.form([at.text]), [at.page]: Pdf.page([at.text]) }, [at.text]);
		expect(await judge(left)).toMatchObject([{ field: "Signature1", allowed: false }]);
		expect(await judge(left.sign(ben, [root.own], { field: "Ben" }))).toMatchObject([{ field: "Ben", ...whole }]);
		expect(first).toBeLessThan(second);
	});

	it("another signature, where nothing may change", async () => {
		const pdf = signed(1).sign(ben, [root.own]);
		expect(await judge(pdf)).toMatchObject([{ allowed: false, forbidden: ["signatures"] }, whole]);
	});

	it("bytes that belong to nothing (incremental saving)", async () => {
		const pdf = signed();
		const longer = pdf.with(Buffer.concat([pdf.bytes, Buffer.from("garbage\n")]));
		expect(await judge(longer)).toMatchObject([{ is: "revision", allowed: true, forbidden: [] }]);
		expect(pdfsig(longer)).toMatch(/Not total document signed/);
	});
});

describe("files that can't be read", () => {
	it("damaged", async () => {
		expect(await pdfs.look(Buffer.from("%PDF-1.7\nnothing"))).toMatchObject({ state: "damaged", signatures: [] });
	});

	it("locked with a password", async () => {
		const document = await PDFDocument.create();
		document.addPage();
		document.encrypt({ userPassword: "secret", ownerPassword: "owner" });
		const bytes = Buffer.from(await document.save());
		expect(await examinePdf(bytes, pdfs)).toMatchObject({ state: "password", isEncrypted: true, signatures: [] });
	});

	it("evidence that is kept for later", async () => {
		const pdf = Pdf.make().sign(ana, [root.own]);
		const [store, stream] = [pdf.free, pdf.free + 1];
		const kept = pdf.change({
			[store]: `<< /Type /DSS /Certs [${stream} 0 R] /VRI << /${"A".repeat(40)} << /Cert [${stream} 0 R] >> >> >>`,
			[stream]: Pdf.stream(root.own.der),
			[at.catalog]: Pdf.catalog(`/DSS ${store} 0 R`),
		});
		const found = await pdfs.evidence(kept.bytes);
		expect(found).toMatchObject({
			hasStore: true,
			vri: ["A".repeat(40)],
			fields: [{ name: "Signature1" }],
			crls: [],
			ocsps: [],
		});
		expect(found?.certificates[0]?.equals(root.own.der)).toBe(true);
		expect(await judge(kept)).toMatchObject([former]);
	});
});
