import { join } from "node:path";
import type { LocalUser, RegularEdition } from "../../client/machine.js";
import type { RegularLayout } from "../../client/profile.js";
import { type Known, known } from "../../known.js";
import type { ClientFiles } from "./client-files.js";

/**
 * What is in a user's profile of the regular edition.
 *
 * @param files who looks
 * @param expand puts the user's own folders in place of the variables that a client profile names
 */
export async function regularEditionOf(
	files: ClientFiles,
	user: LocalUser,
	layout: RegularLayout | undefined,
	expand: (path: string, user: LocalUser) => string,
): Promise<Known<RegularEdition | null>> {
	if (layout === undefined) return known(null);
	const paths = {
		program: join(expand(layout.installFolder, user), layout.executable),
		startupEntry: expand(layout.startupEntry, user),
	};
	const program = await files.there(user, paths.program);
	if (!program.known) return program;
	const startupEntry = await files.there(user, paths.startupEntry);
	if (!startupEntry.known) return startupEntry;
	return known({
		program: program.value ? paths.program : null,
		startupEntry: startupEntry.value ? paths.startupEntry : null,
	});
}
