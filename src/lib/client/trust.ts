import type { Hint } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { Machine, Signature, TakenInstaller } from "./machine.js";

/** What an administrator said an installer must be. */
export interface InstallerPin {
	installer: string;
	/** Its SHA-256, hexadecimal. */
	sha256: string | undefined;
	/** What its signer's name must contain. */
	signer: string | undefined;
	/** Where the hash and the signer were said, in words: a flag, a variable, a setting and its file. */
	saidIn?: { sha256: string; signer: string };
}

/** What to do with a file that nothing speaks for. Never a line that would accept it: it would be pasted. */
const notThisFile = () => t`Do not run this file: download the installer again from its source.`;

/**
 * Decides whether an installer may be run: it is the one that was pinned, or it is validly signed, by the signer that
 * was named. With administrators' rights an unpinned one must at least be out of other users' reach.
 *
 * @returns its signature; null when nobody could tell
 * @throws CfmError denied `wrong-hash`, `wrong-signer`, `installer-not-trusted`
 */
export async function trustInstaller(
	machine: Machine,
	pin: InstallerPin,
	taken: TakenInstaller,
	warn: (message: Hint) => void,
): Promise<Signature | null> {
	const pinned = pin.sha256?.toLowerCase();
	if (pinned !== undefined && pinned !== taken.sha256) throw wrongHash(pin, pinned, taken.sha256);
	const refuse = (code: string, message: string, hints: readonly Hint[]) =>
		new CfmError("denied", code, message, { hints, data: { sha256: taken.sha256 } });
	const signature = await machine.installer.signature(taken.file);
	if (signature.known && signature.value.status === "broken") {
		throw refuse(
			"installer-not-trusted",
			t`The signature of ${pin.installer} does not match its content: the file was changed.`,
			[notThisFile()],
		);
	}
	const told = signature.known ? signature.value : null;
	const signer = told?.signer ?? null;
	const isValid = signature.known && signature.value.status === "valid";
	const why = signature.known ? t`the signature is ${signature.value.status}` : signature.why;
	if (pin.signer !== undefined) {
		if (isValid && signer?.toLowerCase().includes(pin.signer.toLowerCase())) return told;
		throw refuse(
			"wrong-signer",
			isValid
				? t`${pin.installer} is signed by ${signer ?? "-"}, not by ${pin.signer}.`
				: t`${pin.installer} has no valid signature by ${pin.signer}: ${why}.`,
			[notThisFile(), ...(pin.saidIn === undefined ? [] : [t`The signer is required by ${pin.saidIn.signer}.`])],
		);
	}
	if (pinned !== undefined) return told;
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
			[pinning()],
		);
	}
	if (!isValid) {
		warn({
			...pinning(),
			say: t`The installer was not verified: it is not pinned, and ${why}. To pin it, with its hash from another source:`,
		});
	}
	return told;
}

/** How to pin an installer: by a hash that somebody has, not by that of the file which is there. */
function pinning() {
	return {
		say: t`To pin the installer, with its hash from another source than this file:`,
		line: { again: { sha256: { fill: "HASH" } } },
	};
}

function wrongHash({ installer, saidIn }: InstallerPin, expected: string, found: string): CfmError {
	const from = saidIn?.sha256 ?? "--sha256";
	return new CfmError(
		"denied",
		"wrong-hash",
		t`${installer} is not the pinned installer: its SHA-256 is ${found}, and ${from} requires ${expected}.`,
		{
			atLength: [
				t`${installer} is not the pinned installer.`,
				t`required: ${expected}`,
				t`found:    ${found}`,
				t`The hash is required by ${from}.`,
			],
			hints: [
				notThisFile(),
				t`If there is a new version, get its hash from another source, and change the pin where it was set.`,
			],
			data: { expected, found, from },
		},
	);
}
