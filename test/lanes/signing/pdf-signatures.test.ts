import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JudgeRequest } from "../../../src/lib/cms/judge.js";
import { type CheckedFile, checkFiles } from "../../../src/lib/signature/check.js";
import { makeFolder } from "../../folders.js";
import { Authority, type Made, signerExtensions } from "./authority.js";
import { certificatesApart, messagesApart, pdfsApart } from "./child.js";
import { cms, cmsOverSha1, Pdf, rawRsa, type SignOptions, timestamp } from "./pdf.js";

// Signatures in PDF files, judged whole. Where `pdfsig` answers, the signature alone must be the same to both.

const certificates = certificatesApart();
const messages = messagesApart();
const pdfs = pdfsApart();
let folder: string;
let root: Authority;
let ana: Made;
let ben: Made;
let tsa: Made;
beforeAll(() => {
	folder = makeFolder("pdf");
	root = Authority.root(folder, "root");
	ana = root.issue("ana");
	ben = root.issue("ben", { key: "ec:P-256" });
	const forTimestamps = signerExtensions.map((line) =>
		line.startsWith("extendedKeyUsage") ? "extendedKeyUsage=critical,timeStamping" : line,
	);
	tsa = root.issue("tsa", { extensions: forTimestamps });
});
afterAll(() => {
	certificates.close();
	messages.close();
	pdfs.close();
});

async function check(pdf: { bytes: Buffer }, more: Partial<JudgeRequest> = {}): Promise<CheckedFile> {
	const request: JudgeRequest = {
		...{ anchors: [root.own.der], intermediates: [], crls: [], ocsp: [], revocation: undefined, at: undefined },
		...{ now: new Date(), allowWeak: false, fetchIssuers: false, ...more },
	};
	const file = { name: "contract.pdf", read: async () => pdf.bytes, content: async () => undefined };
	const [checked] = await checkFiles({ certificates, messages, pdfs, fetch: undefined }, [file], request);
	return checked as CheckedFile;
}

/** What `pdfsig` says of each signature alone. */
function pdfsig({ bytes }: { bytes: Buffer }): string[] {
	const file = join(folder, "judged.pdf");
	writeFileSync(file, bytes);
	const told = execFileSync("pdfsig", ["-nocert", file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
	return [...told.matchAll(/Signature Validation: (.*)/g)].map(([, said = ""]) => said);
}

const integrities = (checked: CheckedFile) => checked.signatures.map(({ integrity }) => integrity);
const codes = (checked: CheckedFile) => checked.signatures.map(({ reasons }) => reasons.map(({ code }) => code));
const isValid = "Signature is Valid.";
const cades = (options: SignOptions = {}): SignOptions => ({
	...{ subFilter: "ETSI.CAdES.detached", make: (content) => cms(content, ana, [root.own], ["-cades"]) },
	...options,
});
const stamp: SignOptions = {
	subFilter: "ETSI.RFC3161",
	make: (content) => timestamp(content, tsa, folder),
};

describe("signatures in PDF files", () => {
	it("valid", async () => {
		const pdf = Pdf.make().sign(ana, [root.own], { field: "Ana" });
		const checked = await check(pdf);
		expect(checked).toMatchObject({ state: "valid", format: "pdf", why: null });
		expect(checked.signatures).toMatchObject([
			{
				...{ number: 1, state: "valid", integrity: "valid", reasons: [] },
				signer: { subject: expect.stringContaining("CN=ana") },
				pdf: { field: "Ana", coverage: "file", level: null, reason: "I agree", claimedAt: "D:20260601120000Z" },
			},
		]);
		expect(pdfsig(pdf)).toEqual([isValid]);
	});

	it("two signers, one with an elliptic curve", async () => {
		const checked = await check(Pdf.make().sign(ana, [root.own]).sign(ben, [root.own]));
		expect(checked).toMatchObject({ state: "valid", pdf: { revisions: 3, unsigned: [] } });
		expect(checked.signatures.map((one) => one.pdf?.coverage)).toEqual(["revision", "file"]);
	});

	it("a byte that was changed after it was signed", async () => {
		const pdf = Pdf.make().sign(ana, [root.own]);
		const bytes = Buffer.from(pdf.bytes);
		bytes.write("9", bytes.indexOf("100 dollars"), "latin1");
		const checked = await check({ bytes });
		expect(checked.state).toBe("invalid");
		expect(codes(checked)).toEqual([["digest-mismatch"]]);
		expect(pdfsig({ bytes })).toEqual(["Digest Mismatch."]);
	});

	it("another text in a revision behind it: what was signed stands, what is shown does not", async () => {
		const pdf = Pdf.make()
			.sign(ana, [root.own])
			.change({ [Pdf.at.content]: Pdf.stream("BT /F1 18 Tf 40 700 Td (999) Tj ET") });
		const checked = await check(pdf);
		expect(checked.state).toBe("invalid");
		expect(integrities(checked)).toEqual(["valid"]);
		expect(codes(checked)).toEqual([["changed-after"]]);
		expect(pdfsig(pdf)).toEqual([isValid]);
	});

	it("a signature that is not over the whole file", async () => {
		const pdf = Pdf.make().sign(ana, [root.own], { range: ([, first, after, rest]) => [0, first, after, rest - 40] });
		const checked = await check(pdf);
		expect(checked.state).toBe("invalid");
		expect(integrities(checked)).toEqual(["valid"]);
		expect(codes(checked)).toEqual([["ends-inside-a-revision"]]);
		expect(pdfsig(pdf)).toEqual([isValid]);
	});

	it("a signature over its own content, not that of the file", async () => {
		const make = () => cms(Buffer.from("something else"), ana, [root.own], ["-nodetach"]);
		const checked = await check(Pdf.make().sign(ana, [root.own], { make }));
		expect(checked.state).toBe("invalid");
		expect(integrities(checked)).toEqual(["invalid"]);
	});

	it("over a SHA-1 (adbe.pkcs7.sha1): only where weak hashes are accepted", async () => {
		const make = (content: Buffer) => cmsOverSha1(content, ana, [root.own]);
		const pdf = Pdf.make().sign(ana, [root.own], { subFilter: "adbe.pkcs7.sha1", make });
		const checked = await check(pdf);
		expect([checked.state, integrities(checked), codes(checked)]).toEqual(["invalid", ["valid"], [["weak-hash"]]]);
		expect((await check(pdf, { allowWeak: true })).state).toBe("valid");
		const other = (content: Buffer) => cmsOverSha1(Buffer.concat([content, Buffer.from("x")]), ana, [root.own]);
		const wrong = await check(Pdf.make().sign(ana, [], { subFilter: "adbe.pkcs7.sha1", make: other }), {
			allowWeak: true,
		});
		expect([wrong.state, integrities(wrong)]).toEqual(["invalid", ["invalid"]]);
	});

	it("RSA without a message (adbe.x509.rsa_sha1): SHA-1 only where weak hashes are accepted", async () => {
		const raw = (hash: string, certificate: Made, make = (content: Buffer) => rawRsa(content, ana, hash)) =>
			Pdf.make().sign(ana, [], {
				...{ subFilter: "adbe.x509.rsa_sha1", make },
				more: `/Cert [<${certificate.der.toString("hex")}> <${root.own.der.toString("hex")}>]`,
			});
		const sha1 = await check(raw("sha1", ana));
		expect([sha1.state, codes(sha1), integrities(sha1)]).toEqual(["invalid", [["weak-hash"]], ["valid"]]);
		expect((await check(raw("sha1", ana), { allowWeak: true })).state).toBe("valid");
		const checked = await check(raw("sha256", ana));
		expect(checked.signatures[0]).toMatchObject({
			state: "valid",
			digest: "sha256",
			signer: { subject: expect.stringContaining("CN=ana") },
		});
		const other = root.issue("other");
		for (const wrong of [raw("sha256", other), raw("sha256", ana, () => rawRsa(Buffer.from("x"), ana, "sha256"))])
			expect(codes(await check(wrong))).toEqual([["bad-signature"]]);
		expect(codes(await check(raw("sha256", ben)))).toEqual([["key-mismatch"]]);
		const nobody = Pdf.make().sign(ana, [], { subFilter: "adbe.x509.rsa_sha1", make: (one) => rawRsa(one, ana) });
		expect((await check(nobody)).state).toBe("undecidable");
		// pdfsig does not know this kind.
		expect(pdfsig(raw("sha256", ana))).toEqual(["Signature has not yet been verified."]);
	});

	it("content inside that is not the file's", async () => {
		const large = Buffer.from("x".repeat(1000));
		const inside = Pdf.make().sign(ana, [], { make: () => cms(large, ana, [root.own], ["-nodetach"]) });
		expect(codes(await check(inside))).toEqual([["digest-mismatch"]]);
		const same = Pdf.make().sign(ana, [], { make: (content) => cms(content, ana, [root.own], ["-nodetach"]) });
		expect((await check(same)).state).toBe("valid");
	});

	it.each(["Acme.quantum"])("%s: can't be decided", async (subFilter) => {
		const checked = await check(Pdf.make().sign(ana, [root.own], { subFilter }));
		expect([checked.state, codes(checked)]).toEqual(["undecidable", [["unsupported-kind"]]]);
	});

	it("contents that are no signature: can't be decided", async () => {
		const checked = await check(Pdf.make().sign(ana, [], { make: () => Buffer.from("no signature") }));
		expect([checked.state, codes(checked)]).toEqual(["undecidable", [["contents-unreadable"]]]);
	});

	it("no signature, and a field for one", async () => {
		expect(await check(Pdf.make())).toMatchObject({ state: "unsigned", signatures: [], pdf: { unsigned: [] } });
		expect(await check(Pdf.make().withEmptyField("Later"))).toMatchObject({
			...{ state: "unsigned", pdf: { unsigned: ["Later"] } },
		});
	});

	it("damaged", async () => {
		expect(await check({ bytes: Buffer.from("%PDF-1.7\n") })).toMatchObject({
			...{ state: "unreadable", why: "the PDF is damaged" },
		});
	});
});

describe("levels of PAdES", () => {
	const withStore = (pdf: Pdf, crl: Buffer): Pdf => {
		const [store, certificate, list] = [pdf.free, pdf.free + 1, pdf.free + 2];
		return pdf.change({
			[store]: `<< /Type /DSS /Certs [${certificate} 0 R] /CRLs [${list} 0 R] >>`,
			[certificate]: Pdf.stream(root.own.der),
			[list]: Pdf.stream(crl),
			[Pdf.at.catalog]: Pdf.catalog(`/DSS ${store} 0 R`),
		});
	};
	const levels = (checked: CheckedFile) => checked.signatures.map((one) => one.pdf?.level);

	it("B-B, then with a timestamp B-T, with evidence B-LT, with a timestamp over that B-LTA", async () => {
		const { der } = root.crl("pades");
		const basic = Pdf.make().sign(ana, [root.own], cades());
		const stamped = basic.sign(tsa, [], stamp);
		const kept = withStore(stamped, der);
		const archived = kept.sign(tsa, [], stamp);
		const seen: (readonly [string, unknown])[] = [];
		for (const pdf of [basic, stamped, kept, archived]) {
			const checked = await check(pdf);
			seen.push([checked.state, levels(checked)[0]]);
		}
		expect(seen).toEqual([
			["valid", "B-B"],
			["valid", "B-T"],
			["valid", "B-LT"],
			["valid", "B-LTA"],
		]);
		const checked = await check(archived);
		expect(checked.pdf).toMatchObject({ revisions: 5, store: { present: true, certificates: 1, crls: 1, ocsp: 0 } });
		expect(checked.signatures[0]).toMatchObject({ judgedBy: "timestamp" });
		expect(checked.signatures[1]).toMatchObject({ state: "valid", pdf: { isTimestamp: true } });
	});

	it("is each signature's own: what came after the last timestamp, or has no evidence of its own, has less", async () => {
		const { der } = root.crl("own-level");
		const first = withStore(Pdf.make().sign(ana, [root.own], cades()), der).sign(tsa, [], stamp);
		const second = first.sign(ana, [root.own], { ...cades(), field: "Second" });
		expect(levels(await check(second))).toEqual(["B-LTA", null, "B-B"]);
		const stranger = Authority.root(makeFolder("stranger"), "stranger");
		const other = withStore(Pdf.make().sign(ana, [root.own], cades()), stranger.crl("list").der).sign(tsa, [], stamp);
		const checked = await check(other, { revocation: "none" });
		expect([checked.state, levels(checked)[0]]).toEqual(["valid", "B-T"]);
	});

	it("a timestamp of something else", async () => {
		const make = () => timestamp(Buffer.from("something else"), tsa, folder);
		const checked = await check(
			Pdf.make()
				.sign(ana, [root.own], cades())
				.sign(tsa, [], { ...stamp, make }),
		);
		expect(checked.state).toBe("invalid");
		expect(codes(checked)).toEqual([[], ["imprint-mismatch"]]);
		expect(levels(checked)[0]).toBe("B-B");
	});
});
