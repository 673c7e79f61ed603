import { ask } from "../processes/start.js";

/** How long a directory service may take, in milliseconds. */
const patience = 10_000;

/**
 * Which of some names are accounts of this system, as its name services say (`getent`): those of files, and of a domain that
 * it has joined. By its full path, because whoever is root may have anybody's PATH.
 *
 * @returns those that are for certain
 */
export async function existingAccounts(
	names: readonly string[],
	getent = "/usr/bin/getent",
): Promise<ReadonlySet<string>> {
	const found = await Promise.all(
		names.map(async (name) => {
			if (name.startsWith("-")) return [];
			const { exitCode } = await ask(getent, ["passwd", name], { timeout: patience });
			return exitCode === 0 ? [name] : [];
		}),
	);
	return new Set(found.flat());
}
