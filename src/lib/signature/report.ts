import { CfmError } from "../errors.js";
import { escaped } from "../html.js";
import { sayChanges } from "../pdf/words.js";
import { language, t, visible } from "../text.js";
import { type CheckedFile, type FileState, fileStates } from "./check.js";
import type { FileSignature, PdfSignatureFacts } from "./format.js";
import { sayState } from "./words.js";

// A check as a file that somebody can hand on. Names in it may be hostile: all of them go through `safe`.

export type ReportFormat = "html" | "json";

/** By the ending of its name. @throws CfmError usage `bad-report` */
export function reportFormat(file: string): ReportFormat {
	if (/\.html?$/i.test(file)) return "html";
	if (/\.json$/i.test(file)) return "json";
	throw new CfmError("usage", "bad-report", t`A report is .html or .json, and ${file} is neither.`, {
		data: { report: file },
	});
}

/** What was checked, as one file. */
export function reportOf(files: readonly CheckedFile[], format: ReportFormat, at: Date): string {
	if (format === "html") return htmlOf(files, at);
	const whole = JSON.stringify({ at: at.toISOString(), files, total: files.length }, undefined, 2);
	// ASCII as all JSON here: Windows PowerShell 5.1 reads a file without a mark by its code page.
	return `${whole.replace(/[\u007f-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
}

/** A text that anybody could have written: hidden characters are shown, and it stands apart from what is around it. */
const safe = (text: string) => `<bdi>${escaped(visible(text))}</bdi>`;
/** A text of ours; what was put into it may be anybody's. */
const said = (text: string) => escaped(visible(text));

const classOf = (state: FileState) => (state === "valid" ? "good" : state === "invalid" ? "bad" : "caution");
const badge = (state: FileState) => `<span class="${classOf(state)}">${said(sayState(state))}</span>`;

/** No two zones read it differently. */
const time = (iso: string) => said(`${iso.slice(0, 16).replace("T", " ")} UTC`);

const style = `
:root { color-scheme: light dark; --good: #1a7f37; --bad: #c62828; --caution: #8a6100; --line: #8884; }
@media (prefers-color-scheme: dark) { :root { --good: #4cc26b; --bad: #ff7b72; --caution: #e0b040; } }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem; }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere; }
h2 { border-top: 1px solid var(--line); margin-top: 2.5rem; padding-top: 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; padding: .3rem .6rem .3rem 0; text-align: start; vertical-align: top; }
dl { display: grid; gap: .2rem 1rem; grid-template-columns: max-content 1fr; }
dd { margin: 0; overflow-wrap: anywhere; }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.caution { color: var(--caution); font-weight: 600; }
@media print { body { max-width: none; } }
`;

function htmlOf(files: readonly CheckedFile[], at: Date): string {
	const title = said(t`Signatures`);
	const counts = fileStates.flatMap((state) => {
		const count = files.filter((one) => one.state === state).length;
		return count === 0 ? [] : [`${badge(state)}: ${count}`];
	});
	return [
		"<!doctype html>",
		`<html lang="${escaped(language)}">`,
		"<head>",
		'<meta charset="utf-8">',
		// Whatever a name brought in: nothing is run, and nothing is fetched.
		`<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
		'<meta name="viewport" content="width=device-width, initial-scale=1">',
		`<title>${title}</title>`,
		`<style>${style}</style>`,
		"</head>",
		"<body>",
		`<h1>${title}</h1>`,
		`<p>${said(t`Checked:`)} ${time(at.toISOString())}. ${said(t`Files:`)} ${files.length}. ${counts.join(" · ")}</p>`,
		tableOf(
			[t`File`, t`State`, t`Signatures`],
			files.map(({ file, state, signatures }, number) => [
				`<a href="#f${number + 1}">${safe(file)}</a>`,
				badge(state),
				String(signatures.length),
			]),
		),
		...files.map(fileHtml),
		"</body>",
		"</html>",
		"",
	].join("\n");
}

function tableOf(heads: readonly string[], rows: readonly (readonly string[])[]): string {
	const head = heads.map((one) => `<th scope="col">${said(one)}</th>`).join("");
	const body = rows.map((row) => `<tr>${row.map((cell) => `<td>${cell}</td>`).join("")}</tr>`);
	return `<table><thead><tr>${head}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table>`;
}

/** A list of facts; what is null is left out. The values are HTML. */
function factsOf(rows: readonly (readonly [string, string | null])[]): string {
	const told = rows.flatMap(([name, value]) => (value === null ? [] : [`<dt>${said(name)}</dt><dd>${value}</dd>`]));
	return told.length === 0 ? "" : `<dl>\n${told.join("\n")}\n</dl>`;
}

function fileHtml({ file, state, why, signatures, pdf }: CheckedFile, number: number): string {
	const unsigned = (pdf?.unsigned ?? []).map((name) => (name === null ? said(t`without a name`) : safe(name)));
	const store = pdf?.store?.present ? pdf.store : undefined;
	return [
		`<h2 id="f${number + 1}">${safe(file)}</h2>`,
		`<p>${badge(state)}${why === null ? "" : ` ${safe(why)}`}</p>`,
		factsOf([
			[t`Pages`, pdf === undefined ? null : String(pdf.pages)],
			[t`Revisions`, pdf === undefined ? null : String(pdf.revisions)],
			[t`Nobody has signed`, unsigned.length === 0 ? null : unsigned.join(", ")],
			[
				t`Kept for later`,
				store === undefined
					? null
					: said(t`certificates ${store.certificates}, revocation lists ${store.crls}, OCSP answers ${store.ocsp}`),
			],
		]),
		...signatures.map(signatureHtml),
	]
		.filter(Boolean)
		.join("\n");
}

const nameOf = (signer: FileSignature["signer"]) => (signer === null ? said(t`unknown signer`) : safe(signer.subject));

function signatureHtml(one: FileSignature): string {
	const { reasons, timestamps, counterSignatures, chain, revocation } = one;
	const list = reasons.map(({ text }) => `<li>${safe(text)}</li>`);
	return [
		`<h3>${said(t`Signature ${one.number}`)}: ${nameOf(one.signer)}: ${badge(one.state)}</h3>`,
		list.length === 0 ? "" : `<ul>\n${list.join("\n")}\n</ul>`,
		factsOf([
			[t`The signature alone`, badge(one.integrity)],
			[t`Algorithm`, safe([one.algorithm, one.digest].filter(Boolean).join(", "))],
			[t`Signed on, says the signer`, one.signingTime === null ? null : time(one.signingTime)],
			[t`Judged as of`, time(one.judgedAt)],
			...placeFacts(one.pdf),
			...timestamps.map(
				({ state, time: at, signer }) =>
					[t`Timestamp`, `${at === null ? "" : time(at)} ${nameOf(signer)}: ${badge(state)}`] as const,
			),
			...counterSignatures.map(
				({ state, signer }) => [t`Countersigned by`, `${nameOf(signer)}: ${badge(state)}`] as const,
			),
		]),
		chain.length === 0
			? ""
			: tableOf(
					[t`Path`, t`Serial number`, t`Valid until`],
					chain.map(({ subject, serial, notAfter, isAnchor }) => [
						`${safe(subject)}${isAnchor ? ` ${said(t`(trusted)`)}` : ""}`,
						safe(serial),
						notAfter === null ? said(t`unknown`) : time(notAfter),
					]),
				),
		revocation.length === 0
			? `<p class="caution">${said(t`Revocation was not checked.`)}</p>`
			: tableOf(
					[t`Revocation`, t`By`, t`Answer`],
					revocation.map(({ depth, by, from, text }) => [
						safe(chain[depth]?.subject ?? String(depth)),
						safe(`${by === "ocsp" ? "OCSP" : "CRL"}${from === null ? "" : ` ${from}`}`),
						safe(text),
					]),
				),
	]
		.filter(Boolean)
		.join("\n");
}

/** What a PDF says of a signature. */
function placeFacts(pdf: PdfSignatureFacts | undefined): (readonly [string, string | null])[] {
	if (pdf === undefined) return [];
	const changed = [...new Set(pdf.changes.flatMap((one) => one.changed ?? []))];
	const over = {
		file: t`the whole file`,
		revision: t`revision ${pdf.revision ?? 0} of the file`,
		odd: t`something odd`,
	};
	return [
		[t`Field`, pdf.field === null ? null : safe(pdf.field)],
		[t`Signed`, pdf.coverage in over ? said(over[pdf.coverage as keyof typeof over]) : null],
		[t`Reason given`, pdf.reason === null ? null : safe(pdf.reason)],
		[t`Changed afterwards`, changed.length === 0 ? null : said(sayChanges(changed))],
		[t`PAdES level`, pdf.level === null ? null : said(pdf.level)],
	];
}
