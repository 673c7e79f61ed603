import type { LocalUser } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import type { EpfFolder } from "../../surroundings/surroundings.js";
import { t } from "../../text.js";
import { askAt } from "./user-home.js";

/** Whose folder it is; whoever runs `cfm` can ask of themselves alone what they may. */
export type Asked = Pick<LocalUser, "account" | "isCurrent">;

/** A folder in a user's home: whether it is there, and whether the user may write in it. */
export function folderAt(home: string, path: string, { account, isCurrent }: Asked): Known<EpfFolder> {
	const none = { path, there: false, writable: known(false) };
	return askAt<EpfFolder>(home, path, none, (opened) => {
		const look = opened.look(path);
		if (typeof look === "object") return unknown(look.refused);
		if (look !== "folder") return known(none);
		const writable = isCurrent
			? opened.mayWrite(path)
			: unknown(t`only ${account} can tell whether they may write in ${path}`);
		return known({ path, there: true, writable });
	});
}
