import { type Account, parseAccount, parseSid } from "../../lib/account/account.js";
import { findColumn, readInput } from "../../lib/cli/input/file.js";
import { type BadLine, refuseBadLines } from "../../lib/cli/input/lines.js";
import { CfmError } from "../../lib/errors.js";
import { parseId } from "../../lib/id/ids.js";
import type { ImportedId } from "../../lib/id/import.js";
import { t } from "../../lib/text.js";

/** The columns that can name the ID, the user, a reservation and a remark; the first that is there counts. */
const idColumns = ["id", "cfmid", "cfm_id", "client id", "clientid"];
const userColumns = [
	"user",
	"samaccountname",
	"userprincipalname",
	"username",
	"login",
	"account",
	"utilisateur",
	"compte",
];

/**
 * Reads the IDs that are in use already: a CSV with an ID and a user column. A row without a user, or whose `state` is
 * `reserved`, is a reservation; one that is `quarantined` is passed over, its time is the registry's own business.
 *
 * @throws CfmError usage `missing-column`, `bad-input-lines`
 */
export async function readImportedIds(source: string): Promise<{ rows: ImportedId[]; source: string }> {
	const input = await readInput(source);
	const column = (names: readonly string[]) =>
		names.map((name) => findColumn(input, name)).find((name) => name !== undefined);
	const [id, user, state, note] = [column(idColumns), column(userColumns), column(["state"]), column(["note"])];
	const sid = column(["sid", "objectsid"]);
	if (input.kind === "plain" || id === undefined || user === undefined) {
		throw new CfmError("usage", "missing-column", t`${input.source} must have the columns ID and User.`, {
			hints: [t`First line: user,id,note`],
			data: { columns: input.columns },
		});
	}
	const rows: ImportedId[] = [];
	const bad: BadLine[] = [...input.bad];
	for (const { line, values } of input.rows) {
		if (state !== undefined && values[state]?.trim().toLowerCase() === "quarantined") continue;
		try {
			const name = unescapedFormula((values[user] ?? "").trim());
			const reserved = name === "" || (state !== undefined && values[state]?.trim().toLowerCase() === "reserved");
			const remark = note === undefined ? "" : unescapedFormula((values[note] ?? "").trim());
			if (/\p{Cc}/u.test(remark)) throw new CfmError("usage", "bad-note", t`The note contains a control character.`);
			rows.push({
				line,
				id: parseId(values[id] ?? ""),
				account: reserved ? null : withSid(parseAccount(name), sid === undefined ? "" : (values[sid] ?? "").trim()),
				note: remark === "" ? null : remark,
			});
		} catch (error) {
			if (!(error instanceof CfmError)) throw error;
			bad.push({ line, problem: error.message });
		}
	}
	refuseBadLines(input.source, bad);
	return { rows, source: input.source };
}

function withSid(account: Account, sid: string): Account {
	return sid === "" ? account : { ...account, sid: parseSid(sid) };
}

/** Takes off the apostrophe that `ids export` puts before what a spreadsheet would take for a formula. */
function unescapedFormula(text: string): string {
	return text.replace(/^'(?=[=+@\-＝＋－＠])/, "");
}
