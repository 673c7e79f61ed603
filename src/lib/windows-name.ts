import { t } from "./text.js";

/** Names that are devices in every folder, also with an ending: `NUL.txt` is NUL before Windows 11. */
const devices = /^(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[\d¹²³])$/i;

/**
 * What stands against using a path on Windows: there, some names are devices, some are read as other names, and some as a
 * part of a file that no list shows. Whoever means one of them would get something else than was asked for.
 *
 * @param path as it was given: absolute or relative, with `/` or `\`
 * @returns the reason in words; undefined when there is none
 */
export function windowsNameProblem(path: string): string | undefined {
	const plain = path.replaceAll("/", "\\");
	// `\\?\C:\…` and `\\?\UNC\…` are long paths; what else begins so, or with `\\.\`, are devices.
	const local = plain.replace(/^\\\\\?\\(?=[a-z]:\\)/i, "").replace(/^\\\\\?\\unc\\/i, "\\\\");
	if (/^\\\\[.?]\\|^\\\?\?\\/.test(local)) return t`${path} is the name of a device`;
	for (const name of local.replace(/^[a-z]:/i, "").split("\\")) {
		if (name === "" || name === "." || name === "..") continue;
		if (name.includes(":")) return t`${name} names a hidden part of a file (with a colon)`;
		if (/[<>"|?*]/.test(name)) return t`${name} has a character that no file name can have`;
		if (/[. ]$/.test(name)) return t`${name} ends with a dot or a space, which Windows leaves out`;
		const [stem = ""] = name.split(".", 1);
		if (devices.test(stem.trimEnd())) return t`${name} is the name of a device`;
	}
	return undefined;
}

/** The same, on Windows only: elsewhere these are names like others. */
export function nameProblemHere(path: string): string | undefined {
	return process.platform === "win32" ? windowsNameProblem(path) : undefined;
}
