import type { Plan, RegistryOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { RecordChange, RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { aliasKey, certificates, type RegisteredCertificate } from "./certificate.js";
import { certificateCalled } from "./find.js";
import { neverAsked, type OwnFacts } from "./register.js";
import { type ToldCertificate, tellCertificate } from "./told.js";

/** A certificate of a file. What is undefined, the file has no column for. */
export interface ImportedCertificate {
	line: number;
	alias: string;
	facts: OwnFacts;
	owner: string | null | undefined;
	wallet: string | null | undefined;
	note: string | null | undefined;
	place: string | null | undefined;
	status: RegisteredCertificate["status"] | undefined;
	/** The alias of the certificate in its place. */
	replacedBy: string | null | undefined;
	/** When it was registered, ISO 8601 UTC. */
	since: string | undefined;
}

interface BadRow {
	line: number;
	problem: string;
}

export interface ImportRequest {
	rows: readonly ImportedCertificate[];
	/** Lines of the file that give no certificate. */
	bad: readonly BadRow[];
	keepGoing: boolean;
	/** Refuses lines of the file. */
	refuse(bad: readonly BadRow[]): void;
	now: Date;
}

export interface ImportAnswer {
	certificates: (ToldCertificate & { changed: boolean })[];
	total: number;
	inventoryOnly: true;
	refused?: BadRow[];
}

type ImportPlan = Plan & { answer: ImportAnswer };

/** What the register has for a row already: the same certificate under the same alias, or what stands against it. */
interface Standing {
	row: ImportedCertificate;
	there: RegisteredCertificate | undefined;
	same: RegisteredCertificate | undefined;
}

/**
 * `cfm certs import`: registers what a file lists. All or nothing, unless lines may be skipped. What is registered so already
 * stays as it is; what is registered otherwise is no line that can be imported.
 *
 * @throws as `refuse`
 */
export function importCertificates(request: ImportRequest): RegistryOperation<ImportPlan, ImportAnswer> {
	return {
		asked: { rows: request.rows },
		plan: (view) => planImport(view, request),
		answer: ({ answer }) => answer,
	};
}

async function planImport(view: RegistryView, request: ImportRequest): Promise<ImportPlan> {
	const { rows, now, keepGoing } = request;
	// Asked for all at once: one after the other would be a trip to the server for each.
	const standings = await Promise.all(rows.map((row) => standingOf(view, row)));
	const newest = view.records(certificates, { descending: true, limit: 1 });
	const last = (await Array.fromAsync(newest)).flat()[0]?.number ?? 0;
	const bad: BadRow[] = [...request.bad];
	const refuse = ({ line }: ImportedCertificate, problem: string) => bad.push({ line, problem });
	let good = refuseRepeated(standings, refuse).filter(({ row, there, same }) => {
		const problem = problemOf(row, there, same);
		if (problem !== undefined) refuse(row, problem);
		return problem === undefined;
	});
	// A row that falls may be the one in another's place.
	for (let before = -1; before !== good.length; ) {
		before = good.length;
		good = await refuseUnplaced(view, good, refuse);
	}
	const numbers = new Map<string, number>();
	let next = last;
	for (const { row, there } of good) numbers.set(aliasKey(row.alias), there?.number ?? ++next);
	const changes: RecordChange[] = [];
	const told: ImportAnswer["certificates"] = [];
	for (const { row, there } of good) {
		const replacedBy = row.replacedBy ? await numberOf(view, row.replacedBy, numbers) : null;
		const after = there ?? newRow(row, numbers.get(aliasKey(row.alias)) ?? 0, replacedBy, now);
		if (there === undefined) changes.push(recordChange(certificates, "certificate.register", null, after, after.note));
		told.push({ ...tellCertificate(after, now), changed: there === undefined });
	}
	bad.sort((a, b) => a.line - b.line);
	if (!keepGoing) request.refuse(bad);
	const refused = keepGoing && bad.length > 0 ? { refused: bad } : {};
	return { answer: { certificates: told, total: told.length, inventoryOnly: true, ...refused }, changes };
}

async function standingOf(view: RegistryView, row: ImportedCertificate): Promise<Standing> {
	const where = { fingerprint: row.facts.fingerprint };
	const [there, same] = await Promise.all([
		certificateCalled(view, row.alias),
		Array.fromAsync(view.records(certificates, { where, limit: 1 })),
	]);
	return { row, there, same: same.flat()[0] };
}

/** The rows whose alias and certificate no earlier row has. */
function refuseRepeated(
	all: readonly Standing[],
	refuse: (row: ImportedCertificate, problem: string) => void,
): Standing[] {
	const aliases = new Map<string, number>();
	const prints = new Map<string, number>();
	return all.filter(({ row }) => {
		const [named, printed] = [aliases.get(aliasKey(row.alias)), prints.get(row.facts.fingerprint)];
		if (named !== undefined) refuse(row, t`the alias ${row.alias} is in line ${named}, too`);
		else if (printed !== undefined) refuse(row, t`the certificate is in line ${printed}, too`);
		else {
			aliases.set(aliasKey(row.alias), row.line);
			prints.set(row.facts.fingerprint, row.line);
			return true;
		}
		return false;
	});
}

function problemOf(row: ImportedCertificate, there: Standing["there"], same: Standing["same"]): string | undefined {
	if (there === undefined)
		return same === undefined ? undefined : t`the certificate is registered already, as ${same.alias}`;
	if (there.fingerprint !== row.facts.fingerprint) return t`another certificate is registered as ${there.alias}`;
	const asked = { owner: row.owner, wallet: row.wallet, note: row.note, status: row.status };
	const other = Object.entries(asked).find(
		([field, value]) => value !== undefined && value !== there[field as keyof typeof asked],
	);
	return other === undefined ? undefined : t`${there.alias} is registered with another ${other[0]} already`;
}

/** The rows whose certificate in their place is registered, or stays in the file. */
async function refuseUnplaced(
	view: RegistryView,
	all: readonly Standing[],
	refuse: (row: ImportedCertificate, problem: string) => void,
): Promise<Standing[]> {
	const inFile = new Map(all.map(({ row }) => [aliasKey(row.alias), 0]));
	const kept: Standing[] = [];
	for (const one of all) {
		const { replacedBy, alias } = one.row;
		if (!replacedBy || one.there !== undefined) kept.push(one);
		else if (aliasKey(replacedBy) === aliasKey(alias)) refuse(one.row, t`${alias} can't be in its own place`);
		else if ((await numberOf(view, replacedBy, inFile)) !== null) kept.push(one);
		else refuse(one.row, t`no certificate is registered as ${replacedBy}`);
	}
	return kept;
}

async function numberOf(
	view: RegistryView,
	alias: string,
	inFile: ReadonlyMap<string, number>,
): Promise<number | null> {
	return inFile.get(aliasKey(alias)) ?? (await certificateCalled(view, alias))?.number ?? null;
}

function newRow(
	{ alias, facts, owner, wallet, note, place, status, since }: ImportedCertificate,
	number: number,
	replacedBy: number | null,
	now: Date,
): RegisteredCertificate {
	return {
		...{ number, alias, ...facts, ...neverAsked, place: place ?? null, owner: owner ?? null, wallet: wallet ?? null },
		...{ status: status ?? "active", replacedBy, note: note ?? null, since: since ?? now.toISOString() },
	};
}
