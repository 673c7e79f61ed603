import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";

/** Somebody must remain who may say who may do what. @param name who was to be something else */
export function noAdminLeft(message = t`At least one operator must be an admin.`, name?: string): CfmError {
	return new CfmError("conflict", "no-admin-left", message, {
		hints: [line("operators add", [{ fill: "NAME" }], { role: "admin" }), line("operators list")],
		data: name === undefined ? {} : { name },
	});
}
