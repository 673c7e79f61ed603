import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import type { InputTable } from "./file.js";

/**
 * Columns that hold accounts, folded by {@link fold}: Active Directory's and PowerShell's, ours, and the French ones
 * (in Québec a user is an *usager*). The order is that of `ids import`, which takes the first that is there.
 */
const USER_COLUMNS =
	`user users samaccountname samid userprincipalname upn username userid login loginname account accountname
	logon logonname ntaccount identity utilisateur utilisateurs nomdutilisateur nomutilisateur usager usagers nomdusager
	compte comptes nomducompte nomdecompte identifiant`.split(/\s+/);

/**
 * Taken for the users only where no column of the list above is: `Name` is the account in `Get-LocalUser`'s export,
 * but the person's name in `Get-ADUser`'s.
 */
const NAME_COLUMNS = ["name", "nom"];

/** Columns of IDs; with the numbers of the second list, which say less: they are no header when they stand alone. */
const ID_COLUMNS = ["id", "cfmid", "clientid", "iddeclient"];
const NUMBER_COLUMNS = ["numero", "number", "num", "no", "nr", "n"];

const NOTE_COLUMNS = "note notes remark remarks remarque remarques comment comments commentaire commentaires".split(
	" ",
);

const SITE_COLUMNS = ["site", "origin", "url", "address", "adresse"];

/** What a command can look for in a table, and the columns that hold it: the first that is there counts. */
const COLUMNS_OF = {
	user: [...USER_COLUMNS, ...NAME_COLUMNS],
	id: [...ID_COLUMNS, ...NUMBER_COLUMNS],
	note: NOTE_COLUMNS,
	site: SITE_COLUMNS,
	sid: ["sid", "objectsid"],
	environment: ["environment", "environnement"],
	state: ["state", "etat"],
	since: ["since", "depuis"],
	until: ["until", "jusqua"],
	port: ["port"],
	approved: ["approved", "approval", "approvedon", "dateapproved", "approuve", "approbation", "date"],
	alias: ["alias"],
	owner: ["owner", "proprietaire"],
	wallet: ["wallet", "portefeuille"],
	status: ["status", "statut"],
	replacedBy: ["replacedby"],
	place: ["place"],
	certificate: ["certificate", "certificat"],
	subscription: ["subscription", "subscriptionuntil", "abonnement"],
} as const;

/** Other words that are a header and no account, when they stand alone in the first line. */
const PERSON_COLUMNS = "displayname fullname nomcomplet cn commonname mail email emailaddress courriel".split(" ");

/** Columns that never hold the users, not even alone. */
const OTHER_COLUMNS = [
	...ID_COLUMNS,
	...NOTE_COLUMNS,
	...COLUMNS_OF.sid,
	...["port", "objectguid", "distinguishedname", "dn", "enabled", "state", "etat", "environment", "environnement"],
];

/** What a column may hold, by its name alone. */
function columnRole(name: string): "user" | "name" | "other" | "unknown" {
	const folded = fold(name);
	if (USER_COLUMNS.includes(folded)) return "user";
	if (NAME_COLUMNS.includes(folded)) return "name";
	return OTHER_COLUMNS.includes(folded) ? "other" : "unknown";
}

/** Whether the only word of a first line is a column's name and no account. */
export function isHeaderWord(content: string): boolean {
	const name = /^"[^"]*"$/.test(content) ? content.slice(1, -1) : content;
	return columnRole(name) !== "unknown" || PERSON_COLUMNS.includes(fold(name));
}

/** Whether a word is what a column of sites is called. */
export function isSiteWord(content: string): boolean {
	return SITE_COLUMNS.includes(fold(content));
}

/** `User Name`, `user_name` and `UserName` are one, and so are `État` and `etat`. */
function fold(name: string): string {
	return name
		.normalize("NFD")
		.replace(/[^\p{L}\p{N}]/gu, "")
		.toLowerCase();
}

/** A column's name as the table writes it, found without regard to case; undefined when it has none. */
export function findColumn(table: InputTable, name: string): string | undefined {
	const wanted = sameCase(name);
	return table.columns.find((column) => sameCase(column) === wanted);
}

/** What two headings share that are one column's. */
export function sameCase(name: string): string {
	return name.trim().normalize("NFC").toLowerCase();
}

/**
 * The column that holds something: the one that was asked for, or else the first that is called like it.
 *
 * @param asked the column's name and the flag it was said with
 * @returns undefined when nothing was asked for and no column is called so, or when there are no columns
 * @throws CfmError usage `unknown-column`, `column-of-plain-list`, `duplicate-columns`
 */
export function columnOf(
	table: InputTable,
	what: keyof typeof COLUMNS_OF,
	asked?: { name: string | undefined; flag: string },
): string | undefined {
	if (asked?.name !== undefined) return askedColumn(table, asked.name, asked.flag);
	if (table.kind === "plain") return undefined;
	const folded = table.columns.map(fold);
	const at = COLUMNS_OF[what].map((name) => folded.indexOf(name)).find((place) => place >= 0);
	const column = at === undefined ? undefined : table.columns[at];
	return column === undefined ? undefined : onlyOne(table, column);
}

/**
 * The column that holds the users: the one asked for by `--column`, or else the only plausible one.
 *
 * @throws CfmError usage `unknown-column`, `no-user-column`, `several-user-columns`, `unclear-header`,
 *   `column-of-plain-list`, `duplicate-columns`
 */
export function usersColumn(table: InputTable, asked: string | undefined): string {
	if (asked !== undefined) return askedColumn(table, asked, "--column");
	if (table.kind === "plain") return table.columns[0] ?? "";
	const all = quoteList(table.columns);
	if (!table.headed) {
		throw columnError(
			table,
			"unclear-header",
			t`${all} in ${table.source} may be the name of a column or the first user.`,
			[
				t`If it is the column, specify --column NAME.`,
				t`If it is a user, remove the quotation marks: a plain list has none.`,
			],
		);
	}
	const [first, ...others] = plausibleColumns(table.columns);
	if (first === undefined) {
		throw columnError(
			table,
			"no-user-column",
			t`Can't determine which column of ${table.source} holds the users: ${all}.`,
			[t`Specify it with --column NAME.`, t`The first line must name the columns, for instance User.`],
		);
	}
	if (others.length === 0) return onlyOne(table, first);
	const names = [first, ...others];
	throw columnError(
		table,
		"several-user-columns",
		t`Several columns of ${table.source} may hold the users: ${quoteList(names)}.`,
		names.map((name) => t`Specify one, for example --column ${/^[\w-]+$/.test(name) ? name : `"${name}"`}.`),
	);
}

function plausibleColumns(columns: readonly string[]): string[] {
	const accounts = columns.filter((column) => columnRole(column) === "user");
	if (accounts.length > 0) return accounts;
	const names = columns.filter((column) => columnRole(column) === "name");
	if (names.length > 0 || columns.length > 1) return names;
	return columns.filter((column) => columnRole(column) !== "other");
}

function askedColumn(table: InputTable, asked: string, flag: string): string {
	if (table.kind === "plain") {
		throw columnError(
			table,
			"column-of-plain-list",
			t`${flag} is for a CSV with a header; ${table.source} is a plain list with one entry per line.`,
			[t`Leave ${flag} out.`, t`Add a first line with the names of the columns.`],
		);
	}
	const found = findColumn(table, asked);
	if (found !== undefined) return onlyOne(table, found);
	const all = quoteList(table.columns);
	throw columnError(table, "unknown-column", t`${table.source} has no column "${asked}", only ${all}.`);
}

/** Headings that come twice do no harm, except in the column that is to be read. */
function onlyOne(table: InputTable, column: string): string {
	if (!table.repeated.includes(sameCase(column))) return column;
	throw new CfmError("usage", "duplicate-columns", t`${table.source} has several columns "${column}".`, {
		hints: [t`Rename one of them in the file.`],
		data: { source: table.source, line: table.header?.line ?? 1, columns: [column] },
	});
}

function columnError(table: InputTable, code: string, message: string, hints: string[] = []): CfmError {
	return new CfmError("usage", code, message, {
		hints,
		data: { source: table.source, columns: table.columns.slice(0, 1000) },
	});
}

function quoteList(names: readonly string[]): string {
	const shown = names.slice(0, 20).map((name) => `"${name}"`);
	return names.length > shown.length ? `${shown.join(", ")}, …` : shown.join(", ");
}
