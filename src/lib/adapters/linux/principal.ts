import type { Principal } from "../../account/principal.js";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { ask } from "../processes/start.js";

/** How long a directory service may take, in milliseconds. */
const patience = 10_000;

/**
 * The account or group of a name, as this system's name services say (`getent`). Numbers of users and groups are each
 * machine's own: they are kept nowhere.
 *
 * @param kind which of them, where both have the name; the account otherwise
 */
export async function principalCalled(
	name: string,
	kind: Principal["kind"] | undefined,
	getent = "/usr/bin/getent",
): Promise<Known<Principal | undefined>> {
	const kinds = kind === undefined ? (["user", "group"] as const) : [kind];
	for (const one of kinds) {
		const database = one === "user" ? "passwd" : "group";
		// `--` ends the options: a name may begin with a hyphen. A number would be read as that of a user.
		if (/^\d*$/.test(name)) break;
		const { exitCode, output } = await ask(getent, [database, "--", name], { timeout: patience });
		if (exitCode === 0 && output.trim() !== "") return known({ name, kind: one, sid: null });
		// 2: it is not there (getent(1)).
		if (exitCode !== 2) return unknown(t`the system's name services do not answer`);
	}
	return known(undefined);
}
