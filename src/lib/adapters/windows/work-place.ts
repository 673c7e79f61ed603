import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { makeFolderWith } from "./descriptor.js";
import { loadWindows } from "./native.js";
import { WindowsRegistry } from "./registry.js";
import { descriptorFor, isOwnFolder, refuseReplaceable } from "./trusted-folder.js";

/** What `findOwnPlace` of the room `files` asks for, which knows this one. */
type Place = { path: string; make(prefix: string): string; isOwn(path: string): boolean };

let place: Promise<Place> | undefined;

/**
 * Where an elevated `cfm` works on Windows: below `%ProgramData%`, in folders that it makes closed to everybody else at
 * once. The system's account has `C:\\Windows\\Temp` for temporary files, in which everybody can make files.
 */
export function elevatedWorkPlace(): Promise<Place> {
	place ??= find();
	return place;
}

async function find(): Promise<Place> {
	const [windows, registry] = await Promise.all([loadWindows(), WindowsRegistry.open()]);
	const path = process.env.ProgramData ?? "C:\\ProgramData";
	await refuseReplaceable(path);
	const descriptor = descriptorFor(windows, registry);
	return {
		path,
		make(prefix) {
			const made = join(path, `${prefix}${randomBytes(6).toString("hex")}`);
			makeFolderWith(windows, made, descriptor);
			return made;
		},
		isOwn: (made) => isOwnFolder(windows, made),
	};
}
