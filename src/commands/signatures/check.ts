import { command } from "../../lib/cli/definition.js";
import { parseMoment } from "../../lib/cli/input/moment.js";
import { signedBeside, signedFiles } from "../../lib/cli/input/signed-files.js";
import { readBytes, STANDARD_INPUT } from "../../lib/cli/input/source.js";
import { localTime } from "../../lib/cli/time.js";
import type { Block } from "../../lib/cli/view.js";
import { CfmError } from "../../lib/errors.js";
import { sayChanges } from "../../lib/pdf/words.js";
import { type CheckedFile, checkFiles, checkVerdict, type FileState } from "../../lib/signature/check.js";
import type { FileSignature, PdfFacts, PdfSignatureFacts } from "../../lib/signature/format.js";
import { reportFormat, reportOf } from "../../lib/signature/report.js";
import { sayState } from "../../lib/signature/words.js";
import { t } from "../../lib/text.js";
import { anchorsOf, takeAll } from "../_trust.js";

const files = { kind: "text", value: "FILE", of: "file", multiple: true } as const;

export default command({
	summary: t`Check signatures in files: who signed, when, and whether they stand`,
	description: t`PDF files and signed messages (.p7m, .p7s: CMS), also all in a folder. Valid: content as signed; certificate, path, revocation and timestamps valid. What can't be decided is never valid.`,
	role: "none",
	args: { files: { summary: t`Files or folders; - for standard input`, required: true, many: true, of: "file" } },
	flags: {
		content: {
			kind: "text",
			value: "FILE",
			of: "file",
			summary: t`What was signed, if it stands apart; else letter.txt for letter.txt.p7s`,
		},
		anchor: {
			...files,
			value: "ANCHOR",
			summary: t`What to trust: a file, system, notarius; by default, the last two`,
		},
		intermediate: { ...files, summary: t`Certificates that may stand between; not trusted` },
		crl: { ...files, summary: t`Revocation lists, also delta lists` },
		ocsp: { ...files, summary: t`OCSP answers` },
		revocation: {
			kind: "text",
			value: "SCOPE",
			choices: ["none", "leaf", "chain"],
			summary: t`What must not be revoked`,
		},
		at: {
			kind: "text",
			value: "TIME",
			of: "new",
			summary: t`When certificates must be valid; else at a valid timestamp, or now`,
		},
		"allow-weak": { kind: "boolean", summary: t`Accept weak keys and hashes` },
		"fetch-issuers": { kind: "boolean", summary: t`Fetch missing issuers from where the certificate says` },
		offline: { kind: "boolean", summary: t`Fetch nothing` },
		report: {
			...{ kind: "text", value: "FILE", of: "file" },
			summary: t`Also write a report: FILE.html, a page for browsers, or FILE.json`,
		},
		force: { kind: "boolean", summary: t`Replace the report when it exists` },
	},
	examples: [
		{
			what: t`Signed apart from its content`,
			line: "cfm signatures check letter.txt.p7s --anchor seal.pem --offline",
		},
		{
			what: t`A report to hand on`,
			line: "cfm signatures check letter.txt.p7s --anchor seal.pem --report a.html",
		},
	],
	async run({ args, flags }, context) {
		const { host, shell } = context;
		const now = host.now();
		const { report } = flags;
		const format = report === undefined ? undefined : reportFormat(report);
		const named = await signedFiles(args.files);
		if (flags.content !== undefined && named.length !== 1) throw oneContentError();
		const [certificates, messages, pdfs] = [await host.certificates(), await host.signedMessages(), await host.pdfs()];
		shell.atEnd(() => certificates.close());
		shell.atEnd(() => messages.close());
		shell.atEnd(() => pdfs.close());
		const [between, lists] = [await takeAll(certificates, flags.intermediate), await takeAll(certificates, flags.crl)];
		const ocsp: Buffer[] = [];
		for (const file of flags.ocsp) ocsp.push(await bytesOf(file));
		const request = {
			...{ anchors: await anchorsOf(context, certificates, flags.anchor), intermediates: between.certificates },
			...{ crls: [...between.crls, ...lists.crls], ocsp, revocation: flags.revocation, now },
			at: flags.at === undefined ? undefined : new Date(parseMoment(flags.at, now)),
			...{ allowWeak: flags["allow-weak"], fetchIssuers: flags["fetch-issuers"] },
		};
		const fetch = flags.offline ? undefined : await host.fetcher(shell.streams.variables);
		const toCheck = named.map((name) => ({
			name,
			read: () => bytesOf(name),
			async content() {
				const file = flags.content ?? (await signedBeside(name));
				return file === undefined ? undefined : bytesOf(file);
			},
		}));
		const check = () =>
			shell.withProgress(t`Checking signatures`, (heard) =>
				checkFiles({ certificates, messages, pdfs, fetch }, toCheck, request, heard),
			);
		if (report === undefined || format === undefined) {
			const checked = await check();
			return { files: checked, total: checked.length, report: null };
		}
		// Whether it can be written is seen before hours are spent on checking.
		let checked: CheckedFile[] = [];
		const pieces = async function* () {
			checked = await check();
			yield reportOf(checked, format, now);
		};
		const file = await host.files.write(report, pieces(), { force: flags.force });
		return { files: checked, total: checked.length, report: file };
	},
	view: ({ files: checked, report }): Block[] => [
		...checked.flatMap((one, at): Block[] => [...(at === 0 ? [] : [{ line: "" }]), ...fileView(one)]),
		...(report === null ? [] : [{ line: "" }, { line: t`Report written to ${report}` }]),
	],
	verdict: ({ files: checked }) => checkVerdict(checked),
});

function bytesOf(file: string): Promise<Buffer> {
	return readBytes(file, file === STANDARD_INPUT ? t`standard input` : file, 0);
}

function oneContentError(): CfmError {
	return new CfmError("usage", "one-content", t`--content belongs to one file, and there are several or none.`);
}

const toneOf = (state: FileState) => (state === "valid" ? "good" : state === "invalid" ? "bad" : "caution");

function fileView({ file, state, why, signatures, pdf }: CheckedFile): Block[] {
	const said = why === null ? sayState(state) : `${sayState(state)}: ${why}`;
	return [{ line: `${file}: ${said}`, tone: toneOf(state) }, ...signatures.flatMap(signatureView), ...pdfView(pdf)];
}

/** What a PDF says of itself. */
function pdfView(pdf: PdfFacts | undefined): Block[] {
	const names = (pdf?.unsigned ?? []).map((name) => name ?? t`without a name`).join(", ");
	const { store } = pdf ?? {};
	return [
		...(names === "" ? [] : [{ line: t`  Nobody has signed: ${names}` }]),
		...(store?.present
			? [
					{
						line: t`  Kept for later: certificates ${store.certificates}, revocation lists ${store.crls}, OCSP answers ${store.ocsp}`,
					},
				]
			: []),
	];
}

/** What a PDF says of one signature. */
function placeView(pdf: PdfSignatureFacts | undefined): Block[] {
	if (pdf === undefined) return [];
	const changed = [...new Set(pdf.changes.flatMap((one) => one.changed ?? []))];
	return [
		...(pdf.field === null ? [] : [{ line: t`    Field: ${pdf.field}` }]),
		...(pdf.coverage === "file" ? [{ line: t`    Over the whole file` }] : []),
		...(pdf.coverage === "revision" && pdf.revision !== null
			? [{ line: t`    Over revision ${pdf.revision} of the file` }]
			: []),
		...(pdf.allowed === true && changed.length > 0
			? [{ line: t`    Allowed changes after it: ${sayChanges(changed)}` }]
			: []),
		...(pdf.level === null ? [] : [{ line: t`    PAdES level: ${pdf.level}` }]),
	];
}

const nameOf = (signer: FileSignature["signer"]): string => signer?.subject ?? t`unknown signer`;

function signatureView(one: FileSignature): Block[] {
	const signer = nameOf(one.signer);
	const time = one.timestamps.find(({ state }) => state === "valid")?.time ?? null;
	return [
		{ line: t`  Signature ${one.number}: ${signer}: ${sayState(one.state)}`, tone: toneOf(one.state) },
		...one.reasons.map(({ text }): Block => ({ line: `    ${text}`, tone: "bad" })),
		...placeView(one.pdf),
		...(time === null ? [] : [{ line: t`    Signed before ${localTime(time)}, says a timestamp` }]),
		...(one.signingTime === null ? [] : [{ line: t`    Signed on ${localTime(one.signingTime)}, says the signer` }]),
		...(one.revocation.length === 0 ? [{ line: t`    Revocation was not checked.`, tone: "caution" as const }] : []),
		...one.counterSignatures.map(
			({ signer: by, state }): Block => ({
				line: t`    Countersigned by ${nameOf(by)}: ${sayState(state)}`,
				tone: toneOf(state),
			}),
		),
	];
}
