import {
	closeSync,
	constants,
	fstatSync,
	ftruncateSync,
	openSync,
	readFileSync,
	realpathSync,
	writeFileSync,
} from "node:fs";
import { dirname, sep } from "node:path";

/** More than any file of the client that `cfm` reads. */
const longest = 65_536;

// Windows has neither.
const safely = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/**
 * Reads a small file inside a user's profile. With administrators' rights `cfm` looks into everybody's: the user may
 * have put a link, a pipe or a disk image in the file's place.
 *
 * @throws Error of the file system, also when the file is not a plain small one inside the profile
 */
export function readUserFile(path: string, profileFolder: string): string {
	return withUserFile(path, profileFolder, constants.O_RDONLY, (handle) => {
		if (fstatSync(handle).size > longest) throw new Error("the file is too long");
		return readFileSync(handle, "utf8");
	});
}

/** Writes one; as careful as `readUserFile`. */
export function writeUserFile(path: string, profileFolder: string, text: string): void {
	withUserFile(path, profileFolder, constants.O_WRONLY | constants.O_CREAT, (handle) => {
		ftruncateSync(handle);
		writeFileSync(handle, text);
	});
}

function withUserFile<T>(path: string, profileFolder: string, access: number, work: (handle: number) => T): T {
	if (path.startsWith(profileFolder + sep)) {
		const inside = realpathSync(dirname(path)) + sep;
		if (!inside.startsWith(realpathSync(profileFolder) + sep)) throw new Error("a link leads out of the profile");
	}
	const handle = openSync(path, access | safely, 0o600);
	try {
		if (!fstatSync(handle).isFile()) throw new Error("it is not a plain file");
		return work(handle);
	} finally {
		closeSync(handle);
	}
}
