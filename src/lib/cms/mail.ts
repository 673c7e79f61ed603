/** A signed message as mail carries it (S/MIME, RFC 8551), taken apart. */
export interface SignedMail {
	/** The message, in DER or BER. */
	message: Buffer;
	/** What was signed, where it stands beside; undefined: it is inside. */
	content: Buffer | undefined;
}

/** Headers are no longer, in bytes. */
const mostHeaders = 65_536;

/**
 * Takes a signed mail apart; undefined: it is none. Only what S/MIME itself defines is looked at: one part that is the message, or two of
 * which the second is the signature over the first.
 */
export function signedMail(file: Buffer): SignedMail | undefined {
	const whole = partOf(file);
	if (whole === undefined) return undefined;
	const { type, body } = whole;
	if (isMessage(type)) return { message: decoded(whole), content: undefined };
	const boundary = /^multipart\/signed\b[\s\S]*?;\s*boundary\s*=\s*(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(type);
	if (boundary === null) return undefined;
	const [signed, signature] = partsOf(body, boundary[1] ?? boundary[2] ?? "");
	const second = signature === undefined ? undefined : partOf(signature);
	if (signed === undefined || second === undefined || !isMessage(second.type)) return undefined;
	return { message: decoded(second), content: canonical(signed) };
}

const isMessage = (type: string) => /^application\/(x-)?pkcs7-(mime|signature)\b/i.test(type);

interface MailPart {
	type: string;
	encoding: string;
	body: Buffer;
}

/** Headers and what comes after them; undefined: there are none that say what it is. */
function partOf(bytes: Buffer): MailPart | undefined {
	const head = bytes.subarray(0, mostHeaders).toString("latin1");
	const end = /\r?\n\r?\n/.exec(head);
	if (end === null || !/^[!-9;-~]+:/.test(head)) return undefined;
	// A line that begins with a blank belongs to the one before it.
	const lines = head
		.slice(0, end.index)
		.replace(/\r?\n[ \t]+/g, " ")
		.split(/\r?\n/);
	const header = (name: string) => {
		const line = lines.find((one) => one.toLowerCase().startsWith(`${name}:`));
		return line?.slice(name.length + 1).trim();
	};
	const type = header("content-type");
	if (type === undefined) return undefined;
	const body = bytes.subarray(end.index + end[0].length);
	return { type, encoding: header("content-transfer-encoding") ?? "7bit", body };
}

const decoded = ({ encoding, body }: MailPart): Buffer =>
	/^base64$/i.test(encoding) ? Buffer.from(body.toString("latin1"), "base64") : body;

/** The bytes between boundaries, each without the end of the line before the next one (RFC 2046, 5.1.1). */
function partsOf(body: Buffer, boundary: string): Buffer[] {
	const text = body.toString("latin1");
	const mark = `--${boundary}`;
	const places: number[] = [];
	for (let at = text.indexOf(mark); at >= 0 && places.length < 10; at = text.indexOf(mark, at + mark.length))
		if (at === 0 || text[at - 1] === "\n") places.push(at);
	return places.slice(0, -1).map((place, at) => {
		const start = text.indexOf("\n", place) + 1;
		const end = (places[at + 1] as number) - 1;
		return body.subarray(start, text[end - 1] === "\r" ? end - 1 : end);
	});
}

/** Lines end with CR and LF where they are signed (RFC 8551, 3.1.1), whatever a program made of them since. */
function canonical(bytes: Buffer): Buffer {
	return Buffer.from(bytes.toString("latin1").replace(/\r?\n/g, "\r\n"), "latin1");
}
