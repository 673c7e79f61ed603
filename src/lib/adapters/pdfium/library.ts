import { readFileSync } from "node:fs";
import type { WrappedPdfiumModule } from "@embedpdf/pdfium";

/** Its memory, which the package's types leave out; each is another object when the memory has grown. */
interface Memory {
	HEAPU8: Uint8Array;
	HEAP32: Int32Array;
}

/** PDFium, loaded once in a process. */
export class Pdfium {
	private constructor(readonly calls: WrappedPdfiumModule) {}

	/** @param wasm the file of its code */
	static async load(wasm: string): Promise<Pdfium> {
		const { init } = await import("@embedpdf/pdfium");
		const bytes = readFileSync(wasm);
		const calls = await init({ wasmBinary: new Uint8Array(bytes).buffer });
		calls.PDFiumExt_Init();
		return new Pdfium(calls);
	}

	private get memory(): Memory {
		return this.calls.pdfium as unknown as Memory;
	}

	/** Gives memory to a piece of work, and takes it back. */
	hold<T>(length: number, work: (at: number) => T): T {
		const { malloc, free } = this.calls.pdfium.wasmExports;
		const at = malloc(Math.max(8, length));
		if (at === 0) throw new RangeError("PDFium has no more memory");
		try {
			return work(at);
		} finally {
			free(at);
		}
	}

	/** What stands there, until the next call: its memory may move when it grows. */
	view(at: number, length: number): Uint8Array {
		return this.memory.HEAPU8.subarray(at, at + length);
	}

	/** The bytes that stand there now. */
	bytes(at: number, length: number): Buffer {
		return Buffer.from(this.view(at, length));
	}

	/**
	 * What a function writes that is asked twice: for the length, then for the content.
	 *
	 * @param most longer content is nobody's to have
	 */
	taken(ask: (at: number, length: number) => number, most = 1 << 26): Buffer {
		const length = ask(0, 0);
		if (length <= 0 || length > most) return Buffer.alloc(0);
		return this.hold(length, (at) => this.bytes(at, Math.min(length, Math.max(0, ask(at, length)))));
	}

	/** The same for texts of ASCII that end with a zero. */
	ascii(ask: (at: number, length: number) => number): string | null {
		const taken = this.taken(ask, 1 << 16);
		return taken.length === 0 ? null : taken.subarray(0, -1).toString("latin1");
	}

	/** The same for texts in UTF-16 that end with a zero. */
	text(ask: (at: number, length: number) => number): string | null {
		const taken = this.taken(ask, 1 << 22);
		return taken.length < 2 ? null : taken.subarray(0, -2).toString("utf16le");
	}

	numbers(at: number, count: number): number[] {
		const { HEAP32 } = this.memory;
		return Array.from({ length: count }, (_, index) => HEAP32[(at >> 2) + index] as number);
	}

	/**
	 * Opens a document for a piece of work.
	 *
	 * @returns the code of the error where it can't be opened (fpdfview.h, FPDF_ERR_)
	 */
	open<T>(file: Buffer, work: (document: number) => T): { opened: true; value: T } | { opened: false; error: number } {
		return this.hold(file.length, (at) => {
			this.memory.HEAPU8.set(file, at);
			const document = this.calls.FPDF_LoadMemDocument(at, file.length, "");
			if (document === 0) return { opened: false, error: this.calls.FPDF_GetLastError() };
			try {
				return { opened: true, value: work(document) };
			} finally {
				this.calls.FPDF_CloseDocument(document);
			}
		});
	}
}
