import type { JudgeRequest } from "../cms/judge.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { cmsFormat } from "./cms-format.js";
import type { FileSignature, PdfFacts, SignatureFormat, SignatureTools } from "./format.js";
import { pdfFormat } from "./pdf-format.js";

/** Every kind of files that hold signatures; the first that fits reads. */
const formats: readonly SignatureFormat[] = [pdfFormat, cmsFormat];

/** How a file is, by the worst of its signatures. `unsigned`: it has none; `unreadable`: it is of no known kind, or damaged. */
export const fileStates = ["valid", "invalid", "undecidable", "unsigned", "unreadable"] as const;
export type FileState = (typeof fileStates)[number];

/** What became of one file. */
export interface CheckedFile {
	file: string;
	state: FileState;
	format: SignatureFormat["name"] | null;
	/** Why it can't be read; null: it was. */
	why: string | null;
	signatures: FileSignature[];
	/** Only of PDF files. */
	pdf?: PdfFacts;
}

/** A file as it is named, with what it takes to read it. */
export interface FileToCheck {
	name: string;
	/** @throws CfmError */
	read(): Promise<Buffer>;
	/** What was signed, where it stands apart. @throws CfmError */
	content(): Promise<Buffer | undefined>;
}

/** Checks the signatures of files, one after the other. What can't be read is its own state, and the others go on. */
export async function checkFiles(
	tools: SignatureTools,
	files: readonly FileToCheck[],
	request: JudgeRequest,
	heard: (done: number, total: number) => void = () => {},
): Promise<CheckedFile[]> {
	const checked: CheckedFile[] = [];
	for (const [at, file] of files.entries()) {
		heard(at, files.length);
		checked.push(await checkFile(tools, file, request));
	}
	return checked;
}

async function checkFile(tools: SignatureTools, file: FileToCheck, request: JudgeRequest): Promise<CheckedFile> {
	const plain = { file: file.name, format: null, why: null, signatures: [] };
	try {
		const bytes = await file.read();
		const format = formats.find((one) => one.fits(bytes)) ?? cmsFormat;
		const read = await format.read(tools, bytes, await file.content(), request);
		if (read === null) return { ...plain, state: "unreadable", why: t`it is no signed file, or is damaged` };
		return { ...plain, state: stateOf(read.signatures), format: format.name, ...read };
	} catch (error) {
		if (!(error instanceof CfmError)) throw error;
		return { ...plain, state: "unreadable", why: error.message };
	}
}

function stateOf(signatures: readonly FileSignature[]): FileState {
	if (signatures.length === 0) return "unsigned";
	for (const state of ["invalid", "undecidable"] as const)
		if (signatures.some((one) => one.state === state)) return state;
	return "valid";
}

/** Why a check is bad news: that a file could not be read weighs most, for nobody knows what is in it. */
export function checkVerdict(files: readonly CheckedFile[]): CfmError | undefined {
	const named = (...states: FileState[]) => files.filter(({ state }) => states.includes(state)).map(({ file }) => file);
	const unreadable = named("unreadable");
	if (unreadable.length > 0) {
		const message = t`${unreadable.length} of ${files.length} files could not be read: ${listed(unreadable)}.`;
		return new CfmError("partial", "files-not-read", message, { data: { files: unreadable } });
	}
	const bad = named("invalid", "undecidable");
	if (bad.length > 0) {
		const message = t`Not every signature is valid in ${bad.length} of ${files.length} files: ${listed(bad)}.`;
		return new CfmError("findings", "signature-not-valid", message, { data: { files: bad } });
	}
	const unsigned = named("unsigned");
	if (unsigned.length === 0 && files.length > 0) return undefined;
	const message =
		files.length === 0 ? t`There are no files with signatures.` : t`There is no signature in ${listed(unsigned)}.`;
	return new CfmError("not-found", "no-signature", message, { data: { files: unsigned } });
}

/** A long list is told in the result. */
function listed(names: readonly string[]): string {
	return names.length > 3 ? `${names.slice(0, 3).join(", ")} …` : names.join(", ");
}
