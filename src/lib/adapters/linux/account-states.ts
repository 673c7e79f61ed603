import { readFileSync } from "node:fs";
import type { AccountState } from "../../account/state.js";
import { t } from "../../text.js";
import { ask } from "../processes/start.js";

/** How many names one question has. */
const atOnce = 200;
const patience = 10_000;
const day = 86_400_000;

/** Where this system says of accounts what it knows; tests hand in their own. */
export interface AccountSources {
	getent: string;
	/** Which services are asked for accounts: nsswitch.conf(5). */
	services: string;
	now: Date;
}

/**
 * What became of accounts of this system, as its name services say (`getent`). An account that they do not know is gone for
 * certain only where nothing but files is asked: a directory that does not answer has no accounts either. Whether an
 * account has expired only root may read (shadow(5)). Accounts of a Windows domain nobody here knows.
 */
export async function accountStates(
	names: readonly string[],
	{ getent = "/usr/bin/getent", services = "/etc/nsswitch.conf", now = new Date() }: Partial<AccountSources> = {},
): Promise<ReadonlyMap<string, AccountState>> {
	const own = new Set(names.filter((name) => /^[^\\@:-][^\\@:]*$/.test(name)));
	const [accounts, shadows] = await Promise.all([rows(getent, "passwd", [...own]), rows(getent, "shadow", [...own])]);
	const isFilesOnly = onlyFiles(services);
	const state = (name: string): AccountState => {
		if (accounts === undefined) return { is: "unknown", why: t`the system's name services do not answer` };
		if (!own.has(name)) return { is: "unknown", why: t`this system does not know accounts of a Windows domain` };
		if (!accounts.has(name)) {
			return isFilesOnly ? { is: "gone" } : { is: "unknown", why: t`this system's directory may be out of reach` };
		}
		const expires = shadows?.get(name)?.[7];
		if (expires === undefined) return { is: "unknown", why: t`only root may read whether an account has expired` };
		return { is: expires !== "" && Number(expires) * day <= now.getTime() ? "disabled" : "there" };
	};
	return new Map(names.map((name) => [name, state(name)]));
}

/** The lines that a database has of these names, in fields, by name; undefined when nobody answers. */
async function rows(
	getent: string,
	database: string,
	names: readonly string[],
): Promise<ReadonlyMap<string, string[]> | undefined> {
	const found = new Map<string, string[]>();
	for (let at = 0; at < names.length; at += atOnce) {
		const asked = [database, ...names.slice(at, at + atOnce)];
		const { exitCode, output } = await ask(getent, asked, { timeout: patience });
		// 2: one or more of them are not there (getent(1)).
		if (exitCode !== 0 && exitCode !== 2) return undefined;
		for (const line of output.split("\n")) {
			const fields = line.split(":");
			if (fields[0]) found.set(fields[0], fields);
		}
	}
	return found;
}

function onlyFiles(services: string): boolean {
	try {
		const [, asked = "unknown"] = /^passwd:(.*)$/m.exec(readFileSync(services, "utf8")) ?? [];
		const words = asked.replace(/#.*|\[[^\]]*\]/g, "").split(/\s+/);
		return words.every((one) => ["", "files", "compat", "systemd"].includes(one));
	} catch {
		return false;
	}
}
