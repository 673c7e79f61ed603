import { basename, resolve } from "node:path";
import type { Hint } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { windowsNameProblem } from "../windows-name.js";

const scheme = /^([a-z][a-z\d+.-]+):\/\//i;

/** Whether a registry is on a PostgreSQL server, by how its location begins; any other is a file. */
export function isOnServer(location: string): boolean {
	return /^postgres(ql)?:\/\//i.test(location);
}

/** Whether there could be a password in an address; also where it is misspelled, and nobody else finds one. An `@` that is meant is `%40`. */
export function mayHoldPassword(location: string): boolean {
	return /:\/\/.*:.*@|[?&][^=&]*(password|%)[^=&]*=/i.test(location);
}

/** What a registry is called when somebody must type its name: its file, or its database. */
export function shortName(location: string): string {
	if (!isOnServer(location)) return basename(location);
	const [address = ""] = location.split("?");
	return (
		address
			.split("/")
			.filter((part) => part !== "")
			.at(-1) ?? location
	);
}

/** What is wrong with a location before anybody looks there; undefined when nothing is. The text has no password in it. */
export function locationProblem(location: string): { code: string; message: string } | undefined {
	if (isOnServer(location)) {
		if (!mayHoldPassword(location)) return undefined;
		return { code: "password-in-address", message: t`a password in the address would be seen by everybody` };
	}
	const other = scheme.exec(location)?.[1];
	if (other === undefined) {
		const odd = process.platform === "win32" ? fileProblem(location) : undefined;
		return odd === undefined ? undefined : { code: "path-not-usable", message: odd };
	}
	return {
		code: "registry-not-supported",
		message: t`a registry is a file or on PostgreSQL (postgres://), not at ${other}://`,
	};
}

/** SQLite adds at most 8 characters for its own files, and opens none whose full path is longer than 259 on Windows. */
const longestPath = 240;

function fileProblem(location: string): string | undefined {
	if (resolve(location).length <= longestPath) return windowsNameProblem(location);
	return t`SQLite can't open a path of more than ${longestPath} characters on Windows`;
}

/** @throws CfmError usage `registry-not-supported`, `password-in-address`, `path-not-usable` */
export function checkLocation(location: string): string {
	const problem = locationProblem(location);
	if (problem === undefined) return location;
	const { code, message } = problem;
	const hint: Hint =
		code === "password-in-address"
			? t`Leave the password out. Keep it in a password file (PGPASSFILE), or let cfm ask for it.`
			: { say: t`Specify a file:`, line: { again: { registry: { fill: "FILE" } } } };
	throw new CfmError("usage", code, t`The location of the registry can't be used: ${message}.`, { hints: [hint] });
}
