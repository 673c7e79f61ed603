import { resolve } from "node:path";
import type { Context } from "../../lib/context.js";
import { CfmError } from "../../lib/errors.js";
import { t } from "../../lib/text.js";

/** Keeps the log of an installer or uninstaller; also where the administrator asked for it. */
export async function keepLog(context: Context, text: string, file: string | undefined): Promise<string | undefined> {
	const kept = await context.host.keepLog("install", text, context.host.now());
	if (file === undefined) return kept;
	async function* pieces() {
		yield text;
	}
	try {
		return await context.host.files.write(resolve(file), pieces(), { force: true });
	} catch (error) {
		if (!(error instanceof CfmError)) throw error;
		// The work is done, whatever becomes of its log.
		context.shell.warn(t`The log could not be written: ${error.message}`);
		return kept;
	}
}

/**
 * The exit code for Intune and Configuration Manager, which know Windows Installer's: a restart is needed (3010), is under
 * way (1641), or another installation runs (1618). For all else ours stays.
 */
export function passThrough(
	{ result, error }: { result?: object | undefined; error?: CfmError | undefined },
	flags: { readonly "pass-through-codes"?: boolean | undefined },
): number | undefined {
	if (flags["pass-through-codes"] !== true) return undefined;
	if (error !== undefined) return error.code === "installer-busy" || error.code === "client-busy" ? 1618 : undefined;
	const { rebootRequired, returnCode } = (result ?? {}) as { rebootRequired?: boolean; returnCode?: number | null };
	if (!rebootRequired) return undefined;
	return (returnCode ?? 0) % 0x1_0000 === 1641 ? 1641 : 3010;
}
