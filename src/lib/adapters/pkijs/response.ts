import type { BitString } from "asn1js";
import { PKIStatusInfo } from "pkijs";
import type { TimestampResponse } from "../../cms/signed-data.js";
import { attempt, decode, rawOf, sequence } from "./asn1.js";

/** PKIFailureInfo, by bit. @source RFC 3161, 2.4.2 */
const failures: Readonly<Record<number, string>> = {
	0: "badAlg",
	2: "badRequest",
	5: "badDataFormat",
	14: "timeNotAvailable",
	15: "unacceptedPolicy",
	16: "unacceptedExtension",
	17: "addInfoNotAvailable",
	25: "systemFailure",
};
/** More, or longer ones, are not told. */
const [mostTexts, longestText] = [10, 500];

/** What a timestamp server answered; null: it is something else, as a proxy's page. */
export function readResponse(answer: Buffer): TimestampResponse | null {
	const read = attempt(() => {
		const [status, token] = sequence(decode(answer).element);
		const der = token === undefined ? null : Buffer.from(rawOf(token));
		const { status: number, statusStrings = [], failInfo } = new PKIStatusInfo({ schema: status });
		// RFC 3161 has no others.
		if (!(number >= 0 && number <= 5)) throw new RangeError("no status");
		return {
			status: number,
			texts: statusStrings.slice(0, mostTexts).map((one) => one.getValue().slice(0, longestText)),
			failures: failInfo === undefined ? [] : bitsOf(failInfo).map((bit) => failures[bit] ?? String(bit)),
			token: der,
		};
	});
	return read ?? null;
}

function bitsOf(bits: BitString): number[] {
	const bytes = bits.valueBlock.valueHexView.subarray(0, 8);
	return Array.from({ length: bytes.length * 8 }, (_, at) => at).filter(
		(at) => ((bytes[at >> 3] ?? 0) & (0x80 >> (at & 7))) !== 0,
	);
}
