import type { Certificates } from "../../lib/certificate/certificates.js";
import { type Opened, openFile } from "../../lib/certificate/inputs.js";
import type { StoreName } from "../../lib/certificate/stores.js";
import { readBytes, STANDARD_INPUT } from "../../lib/cli/input/source.js";
import type { Context } from "../../lib/context.js";
import { CfmError } from "../../lib/errors.js";
import { storePlace, tokenPlace } from "../../lib/registered/places.js";
import { t } from "../../lib/text.js";
import { tokenFlags, tokensOf, withoutMark } from "../_token.js";

/** What opens a PKCS#12 file. */
export const passwordFlag = {
	"password-file": {
		kind: "text",
		value: "FILE",
		of: "file",
		summary: t`The file with the PKCS#12 file's password in its first line; - for stdin`,
	},
} as const;

/** Where a certificate is, beside a file: one of them is named. */
export const placeFlags = {
	store: {
		kind: "text",
		value: "STORE",
		summary: t`A store of Windows instead: user, machine, user/Root, machine/CA …`,
	},
	module: { ...tokenFlags.module, required: false, summary: t`The PKCS#11 module of a token instead, with --slot` },
	slot: { ...tokenFlags.slot, required: false },
	id: { kind: "text", value: "HEX", summary: t`On a token: only that of the key with this ID (CKA_ID)` },
} as const;

/** What was named, where certificates are. */
export interface NamedPlace {
	file?: string | undefined;
	store?: string | undefined;
	module?: string | undefined;
	slot?: number | undefined;
	id?: string | undefined;
	passwordFile?: string | undefined;
}

/** What is there, with what it is called. */
export interface FoundThere extends Omit<Opened, "kind"> {
	source: string;
	kind: Opened["kind"] | "store" | "token";
}

/**
 * Certificates of the one place that was named: a file, a store of Windows, or a token, which is asked for no PIN.
 *
 * @throws CfmError usage `one-source`, and as whoever reads it
 */
export async function atPlace(
	context: Context,
	certificates: Certificates,
	{ file, store, module, slot, id, passwordFile }: NamedPlace,
): Promise<FoundThere> {
	const named = [file, store, module].filter((one) => one !== undefined);
	if (named.length !== 1 || (module === undefined) !== (slot === undefined) || (id !== undefined && slot === undefined))
		throw new CfmError("usage", "one-source", t`Specify a file, --store, or --module with --slot: one of them.`);
	const none = { crls: [], hasKey: false };
	if (module !== undefined && slot !== undefined)
		return { source: module, kind: "token", certificates: (await onToken(context, module, slot, id)).ders, ...none };
	if (store !== undefined)
		return { source: store, kind: "store", certificates: await inStore(context, store), ...none };
	return { source: file ?? "", ...(await openNamed(context, certificates, file ?? "", passwordFile)) };
}

/** What judges certificates, until the command ends. */
export async function certificatesOf(context: Context): Promise<Certificates> {
	const certificates = await context.host.certificates();
	context.shell.atEnd(() => certificates.close());
	return certificates;
}

/** The bytes of a file that was named; `-` is standard input. */
export function bytesOf(file: string): Promise<Buffer> {
	return readBytes(file, file === STANDARD_INPUT ? t`standard input` : file, 0);
}

/** What is in a file that was named, locked or not. */
export async function openNamed(
	context: Context,
	certificates: Certificates,
	file: string,
	passwordFile: string | undefined,
): Promise<Opened> {
	return openFile(certificates, await bytesOf(file), file, () => passwordOf(context, file, passwordFile));
}

async function passwordOf({ shell, host }: Context, file: string, from: string | undefined): Promise<string> {
	if (from !== undefined) {
		const bytes = from === STANDARD_INPUT ? await bytesOf(from) : await host.readSecret(from);
		return withoutMark(bytes).toString("utf8").split(/\r?\n/)[0] ?? "";
	}
	if (shell.canAsk) return shell.askSecret(t`Password of ${file}:`);
	throw new CfmError("denied", "password-needed", t`${file} has a password, and there is no terminal to ask on.`, {
		hints: [{ again: { "password-file": { fill: "FILE" } } }],
		data: { source: file },
	});
}

/**
 * Certificates that a token shows without a PIN, and what the token is called as a place (`places.ts`).
 *
 * @param id only that of the key with this ID (hexadecimal)
 */
export async function onToken(
	context: Context,
	module: string,
	slot: number,
	id?: string,
): Promise<{ ders: Buffer[]; place: string }> {
	const opened = await (await tokensOf(context, await context.settings())).open(module, slot);
	try {
		const all = await opened.objects();
		const wanted = all.filter((one) => id === undefined || one.id.toLowerCase() === id.toLowerCase());
		return { ders: wanted.flatMap(({ certificate }) => certificate ?? []), place: tokenPlace(opened.token) };
	} finally {
		await opened.close();
	}
}

/** What a store that was named is called as a place. @throws CfmError usage `bad-store` */
export async function placeOfStore({ host, shell }: Context, name: string): Promise<string> {
	return storePlace(parseStore(name), host.name(), await host.account(shell.streams.variables));
}

/** Certificates of a store of Windows. @throws CfmError usage `bad-store`; unavailable `store-not-readable` */
export async function inStore({ host }: Context, name: string): Promise<Buffer[]> {
	const store = parseStore(name);
	const found = await (await host.stores()).certificates(store);
	if (found.known) return found.value;
	throw new CfmError("unavailable", "store-not-readable", t`Can't read the store ${name}: ${found.why}.`, {
		data: { store: name },
	});
}

/** Reads `user`, `machine`, `user/Root` … @throws CfmError usage `bad-store` */
export function parseStore(text: string): StoreName {
	const [, scope, name = "MY"] = /^(user|machine)(?:\/([\w .-]{1,60}))?$/.exec(text) ?? [];
	if (scope === "user" || scope === "machine") return { scope, name };
	throw new CfmError("usage", "bad-store", t`Not a certificate store: ${text.slice(0, 40)}.`, {
		hints: [t`Write it as user, machine, user/Root or machine/CA.`],
	});
}
