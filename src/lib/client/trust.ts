import type { Hint } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { Machine, TakenInstaller } from "./ports.js";

/** What an administrator said an installer must be. */
export interface InstallerPin {
	installer: string;
	/** Its SHA-256, hexadecimal. */
	sha256: string | undefined;
	/** What its signer's name must contain. */
	signer: string | undefined;
}

/**
 * Decides whether an installer may be run: it is the one that was pinned, or it is validly signed, by the signer that
 * was named. With administrators' rights an unpinned one must at least be out of other users' reach.
 *
 * @returns who signed it, as far as Windows says
 * @throws CfmError denied `wrong-hash`, `wrong-signer`, `installer-not-trusted`
 */
export async function trustInstaller(
	machine: Machine,
	pin: InstallerPin,
	taken: TakenInstaller,
	warn: (message: Hint) => void,
): Promise<string | null> {
	const pinned = pin.sha256?.toLowerCase();
	if (pinned !== undefined && pinned !== taken.sha256) {
		throw new CfmError("denied", "wrong-hash", t`${pin.installer} is not the pinned installer.`, {
			hints: [
				t`Download the installer again from its source.`,
				{ say: t`Or pin this one:`, line: { again: { sha256: taken.sha256 } } },
			],
			data: { expected: pinned, found: taken.sha256 },
		});
	}
	const pinning = { again: { sha256: taken.sha256 } };
	const refuse = (code: string, message: string) =>
		new CfmError("denied", code, message, {
			hints: [{ say: t`Pin it once you trust it:`, line: pinning }],
			data: { sha256: taken.sha256 },
		});
	const signature = await machine.installer.signature(taken.file);
	if (signature.known && signature.value.status === "broken") {
		throw refuse(
			"installer-not-trusted",
			t`The signature of ${pin.installer} does not match its content: the file was changed.`,
		);
	}
	const signer = signature.known ? signature.value.signer : null;
	const isValid = signature.known && signature.value.status === "valid";
	const why = signature.known ? t`the signature is ${signature.value.status}` : signature.why;
	if (pin.signer !== undefined) {
		if (isValid && signer?.toLowerCase().includes(pin.signer.toLowerCase())) return signer;
		throw refuse(
			"wrong-signer",
			isValid
				? t`${pin.installer} is signed by ${signer ?? "-"}, not by ${pin.signer}.`
				: t`${pin.installer} has no valid signature by ${pin.signer}: ${why}.`,
		);
	}
	if (pinned !== undefined) return signer;
	const open = await machine.installer.openToOthers(pin.installer);
	const inReach = !open.known || open.value;
	const elevated = !machine.elevated.known || machine.elevated.value;
	if (elevated && inReach) {
		// Anybody can have a program signed: a valid signature says who, not that it is the client's installer.
		throw refuse(
			"installer-not-trusted",
			isValid
				? t`${pin.installer}, signed by ${signer ?? "-"}, is not pinned, and another user may have put it there.`
				: t`${pin.installer} is not pinned, and another user may have put it there. It has no valid signature: ${why}.`,
		);
	}
	if (!isValid) {
		warn({
			say: t`The installer was not verified: it is not pinned, and ${why}. Once you trust it, pin it:`,
			line: pinning,
		});
	}
	return signer;
}
