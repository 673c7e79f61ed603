import type { Openssl, Pointer } from "./library.js";

/** Objects of OpenSSL that live as long as one request: what was made is freed at the end, the last first. */
export class Objects {
	private readonly ends: (() => void)[] = [];

	constructor(readonly openssl: Openssl) {}

	/** Frees something at the end. */
	keep(pointer: Pointer, free: (pointer: Pointer) => unknown): Pointer {
		if (!this.openssl.isNull(pointer)) this.ends.push(() => free(pointer));
		return pointer;
	}

	/** A certificate that is all there is; null: it is none, or something is behind it, which nobody signed. */
	certificate(der: Buffer): Pointer {
		const x = this.certificateIn(der);
		return x !== null && this.openssl.i2d_X509(x, null) === der.length ? x : null;
	}

	/** A certificate at the start, in whatever encoding. */
	certificateIn(der: Buffer): Pointer {
		return this.parsed(der, this.openssl.d2i_X509, this.openssl.X509_free);
	}

	crl(der: Buffer): Pointer {
		return this.parsed(der, this.openssl.d2i_X509_CRL, this.openssl.X509_CRL_free);
	}

	/** Whatever a function of the kind `d2i` reads, in one piece. */
	parsed(
		der: Buffer,
		read: (a: null, at: [Buffer], length: number) => Pointer,
		free: (pointer: Pointer) => unknown,
	): Pointer {
		if (der.length === 0) return null;
		const found = read(null, [der], der.length);
		this.openssl.ERR_clear_error();
		return this.openssl.isNull(found) ? null : this.keep(found, free);
	}

	/** A row of pointers; what it points at is not its own. */
	stack(items: readonly Pointer[]): Pointer {
		const stack = this.keep(this.openssl.OPENSSL_sk_new_null(), this.openssl.OPENSSL_sk_free);
		for (const item of items) this.openssl.OPENSSL_sk_push(stack, item);
		return stack;
	}

	free(): void {
		for (const end of this.ends.splice(0).reverse()) end();
		this.openssl.ERR_clear_error();
	}
}

/** Does something with objects that are freed afterwards. */
export function withObjects<T>(openssl: Openssl, work: (objects: Objects) => T): T {
	const objects = new Objects(openssl);
	try {
		return work(objects);
	} finally {
		objects.free();
	}
}

/** The pointers in a stack; none for no stack. */
export function itemsOf(openssl: Openssl, stack: Pointer, most = 10_000): Pointer[] {
	if (openssl.isNull(stack)) return [];
	const count = Math.min(most, openssl.OPENSSL_sk_num(stack));
	return Array.from({ length: Math.max(0, count) }, (_, at) => openssl.OPENSSL_sk_value(stack, at) as Pointer);
}

/** DER of an object, by a function of the kind `i2d`. */
export function encoded(object: Pointer, write: (object: Pointer, at: [Buffer] | null) => number): Buffer | null {
	const length = write(object, null);
	if (length <= 0) return null;
	const into = Buffer.alloc(length);
	return write(object, [into]) === length ? into : null;
}

/** The bytes of an ASN1_STRING, or of what is one inside. */
export function bytesOf(openssl: Openssl, string: Pointer, most = 65_536): Buffer {
	if (openssl.isNull(string)) return Buffer.alloc(0);
	const length = Math.min(most, openssl.ASN1_STRING_length(string));
	return openssl.memory(openssl.ASN1_STRING_get0_data(string), length);
}

/** An ASN1_TIME in ISO 8601 UTC; null: there is none, or none that can be read. */
export function timeOf(openssl: Openssl, time: Pointer): string | null {
	if (openssl.isNull(time)) return null;
	// A struct tm begins with six numbers everywhere: seconds, minutes, hours, day, month from 0, year from 1900.
	const tm = Buffer.alloc(64);
	if (openssl.ASN1_TIME_to_tm(time, tm) !== 1) return null;
	const [second, minute, hour, day, month, year] = [0, 4, 8, 12, 16, 20].map((at) => tm.readInt32LE(at)) as [
		...[number, number, number, number, number, number],
	];
	const date = new Date(0);
	date.setUTCFullYear(year + 1900, month, day);
	date.setUTCHours(hour, minute, second, 0);
	return Number.isNaN(date.getTime()) ? null : date.toISOString();
}

/** The dotted numbers of an object identifier. */
export function oidOf(openssl: Openssl, object: Pointer): string {
	if (openssl.isNull(object)) return "";
	const into = Buffer.alloc(256);
	const length = openssl.OBJ_obj2txt(into, into.length, object, 1);
	return into.toString("latin1", 0, Math.max(0, Math.min(length, into.length - 1)));
}

/** How names are written: RFC 2253's order and escapes, in UTF-8, with what is unknown in hexadecimal. */
const nameFlags = 0x0111_0313;
const bioPending = 10;

/** A distinguished name as RFC 4514 writes it. @param longest in bytes */
export function nameOf(openssl: Openssl, name: Pointer, longest: number): string {
	if (openssl.isNull(name)) return "";
	const bio = openssl.BIO_new(openssl.BIO_s_mem()) as Pointer;
	try {
		openssl.X509_NAME_print_ex(bio, name, 0, nameFlags);
		const length = Math.min(longest, openssl.BIO_ctrl(bio, bioPending, 0, null));
		const into = Buffer.alloc(Math.max(0, length));
		if (length > 0) openssl.BIO_read(bio, into, length);
		return into.toString("utf8");
	} finally {
		openssl.BIO_free(bio);
	}
}
