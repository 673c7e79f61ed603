import { CfmError } from "../../errors.js";
import type { Secrets } from "../../registry/provider.js";
import { t } from "../../text.js";
import { readSecret } from "../files/secret-file.js";
import { type Endpoint, isSocket, nameOf, ownFile, type Target } from "./target.js";

/**
 * The password for a server: from `--password-file`, else from a file of passwords as libpq reads it, else from whoever sits
 * at the terminal. It is asked for when the server wants one.
 *
 * @throws CfmError denied `password-needed`, `open-to-others`
 */
export async function findPassword(target: Target, endpoint: Endpoint, secrets: Secrets): Promise<string> {
	if (secrets.passwordFile !== undefined) return readPassword(secrets.passwordFile);
	const file = target.passwordFile ?? ownFile("pgpass.conf", ".pgpass", secrets.variables);
	const listed = passwordIn(readSecret(file, { mayBeGone: true })?.toString() ?? "", target, endpoint);
	if (listed !== undefined) return listed;
	if (secrets.ask !== undefined) return secrets.ask(t`Password of ${target.user} on ${nameOf(endpoint)}:`);
	throw new CfmError("denied", "password-needed", t`${nameOf(endpoint)} asks for the password of ${target.user}.`, {
		hints: [t`Put it in ${file}, or in a file for --password-file.`],
		data: { host: nameOf(endpoint), user: target.user },
	});
}

/** The first line of a file that holds nothing else. */
function readPassword(file: string): string {
	const [password = ""] = (readSecret(file)?.toString() ?? "").split(/\r?\n/);
	if (password !== "") return password;
	throw new CfmError("usage", "no-password", t`There is no password in the first line of ${file}.`, {
		data: { path: file },
	});
}

/**
 * Looks in a file of passwords: lines of `HOST:PORT:DATABASE:USER:PASSWORD`, in which `*` is anything and `\` goes before a
 * `:` or a `\` that is meant. The first line that fits counts.
 */
export function passwordIn(
	text: string,
	{ user, database }: Pick<Target, "user" | "database">,
	endpoint: Endpoint,
): string | undefined {
	const hosts = isSocket(endpoint.host) ? [endpoint.host, "localhost"] : [endpoint.host];
	for (const line of text.split(/\r?\n/)) {
		if (line.startsWith("#")) continue;
		const [, host = "", port = "", base = "", account = "", password = ""] =
			/^((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):((?:\\.|[^\\:])*):(.*)$/s.exec(line) ?? [];
		const fits = (field: string, ...values: readonly string[]) => field === "*" || values.includes(unescaped(field));
		if (password === "" || !fits(host, ...hosts) || !fits(port, String(endpoint.port))) continue;
		if (fits(base, database) && fits(account, user)) return unescaped(password);
	}
	return undefined;
}

function unescaped(field: string): string {
	return field.replace(/\\(.)/gs, "$1");
}
