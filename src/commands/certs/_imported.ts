import { parseAccount } from "../../lib/account/account.js";
import type { Certificates } from "../../lib/certificate/certificates.js";
import { columnOf } from "../../lib/cli/input/columns.js";
import { type InputRow, type InputTable, parseInput } from "../../lib/cli/input/file.js";
import { inputOptions } from "../../lib/cli/input/flags.js";
import type { BadLine } from "../../lib/cli/input/lines.js";
import { problemOfNote } from "../../lib/cli/input/notes.js";
import { STANDARD_INPUT } from "../../lib/cli/input/source.js";
import { placeOf } from "../../lib/cli/input/users.js";
import { line } from "../../lib/command-line.js";
import { CfmError } from "../../lib/errors.js";
import { plainCell } from "../../lib/id/export.js";
import { statuses } from "../../lib/registered/certificate.js";
import { rowsOfCertificates } from "../../lib/registered/export.js";
import { parseAlias } from "../../lib/registered/find.js";
import type { ImportedCertificate } from "../../lib/registered/import.js";
import { mayHoldKey, privateKeyRefused, readCertificate } from "../../lib/registered/register.js";
import { t } from "../../lib/text.js";
import { bytesOf } from "./_inputs.js";

const optional = ["owner", "wallet", "status", "replacedBy", "note", "place", "since"] as const;
type Columns = Record<"alias" | "certificate", string> & Partial<Record<(typeof optional)[number], string>>;

/**
 * Reads certificates of a CSV, or of what `certs export` wrote as JSON. A file with a private key is refused whole.
 *
 * @returns with the lines that are none, each with its reason
 * @throws CfmError usage `private-key-refused`, `missing-column`, `duplicate-columns`, and as `parseInput`
 */
export async function readImportedCertificates(
	reader: Certificates,
	source: string,
	flags: { encoding?: string | undefined; delimiter?: string | undefined },
): Promise<{ rows: ImportedCertificate[]; bad: BadLine[]; input: InputTable }> {
	const bytes = await bytesOf(source);
	const name = source === STANDARD_INPUT ? t`standard input` : source;
	if (mayHoldKey(bytes)) throw privateKeyRefused(name);
	const options = { ...inputOptions(flags), holds: "certificates", rowsOfJson: rowsOfCertificates } as const;
	const input = await parseInput(bytes, name, options);
	const columns = columnsOf(input);
	// Only our own export has this column, and only it escapes what stands within a cell.
	const isOurs = columns.since !== undefined;
	const plain = (text: string) => (input.kind === "json" ? text : plainCell(text, isOurs));
	const rows: ImportedCertificate[] = [];
	const bad: BadLine[] = [...input.bad];
	for (const row of input.rows) {
		try {
			rows.push(await toImported(reader, row, columns, plain));
		} catch (error) {
			if (!(error instanceof CfmError) || error.code === "private-key-refused") throw error;
			bad.push({ ...placeOf(row), problem: error.message.replace(/\.$/, "") });
		}
	}
	return { rows, bad: bad.sort((a, b) => a.line - b.line), input };
}

function columnsOf(input: InputTable): Columns {
	const [alias, certificate] = [columnOf(input, "alias"), columnOf(input, "certificate")];
	if (alias === undefined || certificate === undefined) {
		throw new CfmError("usage", "missing-column", t`${input.source} must have the columns alias and certificate.`, {
			hints: [
				t`First line: alias,owner,certificate. A certificate is PEM, or DER in Base64.`,
				{
					say: t`If it is a certificate:`,
					line: line("certs register", [{ fill: "FILE" }], { alias: { fill: "ALIAS" } }),
				},
			],
			data: { columns: input.columns },
		});
	}
	const others = optional.flatMap((what) => {
		const column = columnOf(input, what);
		return column === undefined ? [] : [[what, column] as const];
	});
	return { alias, certificate, ...Object.fromEntries(others) };
}

/** @throws CfmError for a row that is none */
async function toImported(
	reader: Certificates,
	row: InputRow,
	columns: Columns,
	plain: (text: string) => string,
): Promise<ImportedCertificate> {
	const cell = (what: keyof Columns) => plain(row.values[columns[what] ?? ""] ?? "");
	const said = (what: (typeof optional)[number]) => {
		if (columns[what] === undefined) return undefined;
		const text = cell(what);
		return text.trim() === "" ? null : text;
	};
	const alias = parseAlias(cell("alias"));
	const note = said("note");
	const problem = problemOfNote(note ?? "");
	if (problem !== undefined) throw badRow(problem);
	const owner = said("owner");
	const wallet = said("wallet");
	const facts = await readCertificate(reader, derOf(row.values[columns.certificate] ?? ""), t`line ${row.line}`);
	return {
		...{ line: row.line, alias, facts, wallet, note, place: said("place"), replacedBy: said("replacedBy")?.trim() },
		owner: owner ? parseAccount(owner.trim()).spelling : owner,
		status: statusOf(said("status")),
		since: timeOf(said("since")),
	};
}

/** PEM as it is, anything else as Base64. */
function derOf(text: string): Buffer {
	if (text.includes("-----BEGIN ")) return Buffer.from(text, "latin1");
	const plain = text.replace(/\s/g, "");
	if (plain === "") throw badRow(t`there is no certificate`);
	if (/^[A-Za-z\d+/]+={0,2}$/.test(plain)) return Buffer.from(plain, "base64");
	throw badRow(t`the certificate is neither PEM nor Base64`);
}

function statusOf(text: string | null | undefined): ImportedCertificate["status"] {
	const status = text?.trim().toLowerCase();
	const found = statuses.find((one) => one === status);
	if (status !== undefined && found === undefined)
		throw badRow(t`unknown status ${status}: it must be active, suspended or retired`);
	return found;
}

function timeOf(text: string | null | undefined): string | undefined {
	if (!text) return undefined;
	const time = new Date(text.trim());
	if (!/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text.trim()) || Number.isNaN(time.getTime()))
		throw badRow(t`not a time: ${text} (write 2026-03-01T08:00:00Z)`);
	return time.toISOString();
}

function badRow(problem: string): CfmError {
	return new CfmError("usage", "bad-input-lines", problem);
}
