import { t } from "../../text.js";
import { Unfit } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";

/** A line for each container; nobody has thousands. */
const longest = 1 << 20;
/** More of a name is not told. */
const longestName = 100;

/** Those that every Firefox has, in whose place there is no name (toolkit/components/contextualidentity). */
const usual: Readonly<Record<string, string>> = {
	personal: t`Personal`,
	work: t`Work`,
	banking: t`Banking`,
	shopping: t`Shopping`,
};

/** What the containers of a profile are called, by their numbers; none where the file is not what Firefox writes. */
export function containersIn(profile: UserFolder): Map<string, string> {
	const found = new Map<string, string>();
	const identities = jsonIn(profile);
	for (const one of Array.isArray(identities) ? identities : []) {
		const { userContextId: number, name, l10nId, l10nID } = Object(one) as Record<string, unknown>;
		// `user-context-work`, and before that `userContextWork.label`.
		const kind = /^user-?context-?(\w+)/i.exec(String(l10nId ?? l10nID ?? ""))?.[1]?.toLowerCase() ?? "";
		const called = typeof name === "string" && name !== "" ? name : usual[kind];
		if (called !== undefined) found.set(String(number), called.slice(0, longestName));
	}
	return found;
}

function jsonIn(profile: UserFolder): unknown {
	try {
		const file = profile.file("containers.json");
		try {
			if (file === undefined || file.size > longest) return undefined;
			return Object(JSON.parse(file.read(0, file.size).toString("utf8"))).identities;
		} finally {
			file?.close();
		}
	} catch (error) {
		if (error instanceof SyntaxError || error instanceof Unfit) return undefined;
		throw error;
	}
}
