import type { Hint } from "../command-line.js";
import { t } from "../text.js";
import type { ProgramKind } from "./machine.js";

/** What a file is that is no program for this machine, as a clause: `it is empty`. */
export function whatItIs(kind: ProgramKind): string {
	switch (kind) {
		case "msi":
			return t`it is a package of Windows Installer (.msi)`;
		case "zip":
			return t`it is a ZIP archive`;
		case "archive":
			return t`it is an archive`;
		case "script":
			return t`it is a script`;
		case "html":
			return t`it is a web page, as a proxy or a sign-in page gives in place of a file`;
		case "text":
			return t`it is a text`;
		case "empty":
			return t`it is empty`;
		case "cut":
			return t`its end is missing`;
		case "library":
			return t`it is a program library (DLL)`;
		case "dos":
			return t`it is a program for DOS`;
		case "32-bit":
			return t`it is a 32-bit program, and this Windows runs 64-bit programs only`;
		case "other-processor":
			return t`it is for another processor`;
		case "windows-program":
			return t`it is a program for Windows`;
		case "linux-program":
			return t`it is a program for Linux`;
		default:
			return t`it has none of the known forms`;
	}
}

/** What to do with such a file. */
export function insteadOf(kind: ProgramKind): Hint[] {
	switch (kind) {
		case "msi":
			return [
				t`cfm starts a program with /S /CFMID=N. Wrap the package in one that calls msiexec /i and passes the ID on.`,
				t`The page docs/install.md shows such a wrapper.`,
			];
		case "zip":
		case "archive":
			return [t`Unpack it, and specify the installer that is in it.`];
		case "script":
			return [t`cfm starts no shell and no interpreter. Specify the installer that the script would start.`];
		case "html":
		case "text":
		case "empty":
		case "cut":
			return [t`Download the installer again, and compare its size and its hash with those at its source.`];
		case "32-bit":
			return [t`Install the 32-bit support of Windows (WOW64), or get the 64-bit installer.`];
		default:
			return [t`Specify the installer for this machine.`];
	}
}
