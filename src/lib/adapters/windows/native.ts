import type { LibraryHandle } from "koffi";
import { systemProgram } from "../processes/system.js";

/** A function of Windows. Its `async` runs it in a thread of Node's pool. */
export type NativeFunction = ReturnType<LibraryHandle["func"]>;

/** A pointer or handle; null is none. */
export type Pointer = bigint | null;

/** Windows' own functions, called in process. */
export interface Windows {
	/**
	 * A function as C declares it, bound once. The library is one of System32, by its full path: a search could find
	 * somebody else's.
	 */
	bind(library: string, declaration: string): NativeFunction;
	/** Memory that Windows filled, copied: it may be freed afterwards. */
	memory(at: Pointer, bytes: number): Buffer;
	/** The text at a pointer, which ends with a NUL, or after so many characters. */
	text(at: Pointer, longest: number): string;
}

let loading: Promise<Windows> | undefined;

/** @throws when this is no Windows, or koffi's binary for it is missing */
export function loadWindows(): Promise<Windows> {
	loading ??= load();
	return loading;
}

async function load(): Promise<Windows> {
	const koffi = await import("koffi");
	const bound = new Map<string, NativeFunction>();
	const memory = (at: Pointer, bytes: number): Buffer =>
		at === null || at === 0n || bytes === 0 ? Buffer.alloc(0) : Buffer.from(new Uint8Array(koffi.view(at, bytes)));
	return {
		bind(library, declaration) {
			const present = bound.get(declaration);
			if (present !== undefined) return present;
			const found = koffi.load(systemProgram(`${library}.dll`)).func(declaration);
			bound.set(declaration, found);
			return found;
		},
		memory,
		text(at, longest) {
			let text = "";
			// A piece at a time: the memory may end soon after the text.
			for (let done = 0; at !== null && at !== 0n && done < longest; done++) {
				const unit = memory(at + BigInt(2 * done), 2).readUInt16LE();
				if (unit === 0) break;
				text += String.fromCharCode(unit);
			}
			return text;
		},
	};
}

/** A DWORD, for a function that reads or changes it. */
export function dword(value = 0): Buffer {
	const buffer = Buffer.alloc(4);
	buffer.writeUInt32LE(value);
	return buffer;
}

/** Text as Windows' functions take it, with its NUL. */
export function wide(text: string): Buffer {
	return Buffer.from(`${text}\0`, "utf16le");
}
