import { csvOf } from "../id/export.js";
import type { Chunks, RegistryView } from "../registry/registry.js";
import { certificates, type RegisteredCertificate } from "./certificate.js";

const columns = [
	...(["alias", "owner", "wallet", "status", "replacedBy", "note", "place", "since"] as const),
	...(["subject", "issuer", "serial", "notBefore", "notAfter", "fingerprint", "certificate"] as const),
] as const;

/** A registered certificate as a file has it. `certs import` believes what the certificate says, not what stands beside it. */
export type ExportedCertificate = Record<(typeof columns)[number], string | null>;

/** All of the register, by number. The rows are read while they are printed: the view must stay open until then. */
export async function exportCertificates(
	view: RegistryView,
): Promise<{ certificates: Chunks<ExportedCertificate>; total: number }> {
	return { certificates: exported(view), total: await view.countRecords(certificates, {}) };
}

async function* exported(view: RegistryView): Chunks<ExportedCertificate> {
	for await (const chunk of view.records(certificates, {})) {
		const rows: ExportedCertificate[] = [];
		for (const row of chunk) rows.push(exportedRow(row, await aliasOf(view, row.replacedBy)));
		yield rows;
	}
}

async function aliasOf(view: RegistryView, number: number | null): Promise<string | null> {
	return number === null ? null : ((await view.record(certificates, { number }))?.alias ?? null);
}

function exportedRow(row: RegisteredCertificate, replacedBy: string | null): ExportedCertificate {
	const { alias, owner, wallet, status, note, place, since, der, ...said } = row;
	const { subject, issuer, serial, notBefore, notAfter, fingerprint } = said;
	return {
		...{ alias, owner, wallet, status, replacedBy, note, place, since },
		...{ subject, issuer, serial, notBefore, notAfter, fingerprint, certificate: der },
	};
}

/** As CSV, in pieces. */
export const certificatesCsv = (rows: Chunks<ExportedCertificate>, delimiter = ","): AsyncIterable<string> =>
	csvOf(columns, rows, (row, column) => row[column], delimiter);

type Table = { columns: string[]; rows: Record<string, string>[] };

/**
 * The rows of JSON that `certs export --format json` wrote, or that are in the answer of `certs export --json`.
 *
 * @returns with nothing for null; undefined for any other JSON
 */
export function rowsOfCertificates(value: unknown): Table | undefined {
	const list = Array.isArray(value) ? value : listIn(value);
	if (list === undefined || !list.every(isRow)) return undefined;
	const rows = list.map((row) => Object.fromEntries(columns.map((name) => [name, (row[name] ?? "").toWellFormed()])));
	return { columns: [...columns], rows };
}

function listIn(value: unknown): unknown[] | undefined {
	const list = isObject(value) && isObject(value.result) ? value.result.certificates : undefined;
	return Array.isArray(list) ? list : undefined;
}

function isRow(value: unknown): value is Partial<ExportedCertificate> {
	if (!isObject(value) || typeof value.alias !== "string" || typeof value.certificate !== "string") return false;
	return columns.every((name) => value[name] === undefined || value[name] === null || typeof value[name] === "string");
}

function isObject(value: unknown): value is Record<string, unknown> {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
