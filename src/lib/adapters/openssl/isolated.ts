import type { Certificates, OcspCheck, PathRequest, Taken, Unlocked } from "../../certificate/certificates.js";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { NoAnswer, ReaderPool, type ReaderSource } from "../isolation/pool.js";
import { fields, list, numberUpTo, oneOf, orNull, type Shape } from "../isolation/shape.js";
import {
	certificateShape,
	crlShape,
	lineOf,
	ocspShape,
	type Packed,
	type Parts,
	pack,
	pathShape,
	unpack,
} from "./requests.js";

/** What one request may take. A list of revocation of 20,000 entries takes a twentieth of a second. */
const limits = { milliseconds: 20_000, userMilliseconds: Number.MAX_SAFE_INTEGER, bytes: 32 << 20 } as const;

const sizes = list(numberUpTo(2 ** 30), 100_000);

/** How one request is carried out; a test hands in its own. */
export type Exchange = <T>(packed: Packed, bytes: Buffer, shape: Shape<T>) => Promise<{ answer: T; bytes: Buffer }>;

/** Certificates, judged in a process that can do nothing else; it is started when it is first asked. */
export function isolatedCertificates(source: ReaderSource): Certificates {
	const pool = new ReaderPool(source, limits);
	const exchange: Exchange = async (packed, bytes, shape) => {
		try {
			return await pool.exchange("certificates", packed, shape, { bytes, takesBytes: true });
		} catch (error) {
			throw error instanceof NoAnswer ? noAnswerError(error) : error;
		}
	};
	return certificatesBy(exchange, () => pool.dismiss());
}

/** Certificates, judged by whoever carries out requests. */
export function certificatesBy(exchange: Exchange, close: () => void): Certificates {
	const ask = <T>(packed: Omit<Packed, "sizes">, parts: Parts, shape: Shape<T>) => {
		const { sizes: told, bytes } = pack(parts);
		return exchange({ ...packed, sizes: told }, bytes, shape);
	};
	const answered = async <T>(packed: Omit<Packed, "sizes">, parts: Parts, shape: Shape<T>): Promise<T> =>
		(await ask(packed, parts, shape)).answer;
	return {
		async take(file): Promise<Taken> {
			const { answer, bytes } = await ask({ ask: "take" }, { files: [file] }, takenShape);
			const { certificates = [], crls = [] } = unpack({ ...answer.sizes }, bytes);
			return { kind: answer.kind, certificates, crls };
		},
		async unlock(file, password): Promise<Unlocked> {
			const parts = { files: [file], password: [Buffer.from(password, "utf8")] };
			const { answer, bytes } = await ask({ ask: "unlock" }, parts, unlockedShape);
			const { certificates = [], key: [key = null] = [] } = unpack({ ...answer.sizes }, bytes);
			return { is: answer.is, certificates, key };
		},
		describe: (certificates) => answered({ ask: "describe" }, { certificates }, list(orNull(certificateShape))),
		describeCrls: (crls) => answered({ ask: "describe-crls" }, { crls }, list(orNull(crlShape))),
		verify: (request: PathRequest) => {
			const { certificates, intermediates, anchors, crls } = request;
			const parts = { certificates, intermediates, anchors, crls };
			return answered({ ask: "verify", ...lineOf(request) }, parts, list(orNull(pathShape)));
		},
		async askOcsp(certificate, issuer) {
			const parts = { certificates: [certificate], issuer: [issuer] };
			const { answer, bytes } = await ask({ ask: "ask-ocsp" }, parts, askedShape);
			return unpack({ ...answer.sizes }, bytes).requests?.[0] ?? null;
		},
		readOcsp: (check: OcspCheck) => {
			const { answer, certificate, issuer, intermediates, anchors, crls, request, at, allowWeak } = check;
			const parts = {
				...{ files: [answer], certificates: [certificate], issuer: [issuer], intermediates, anchors, crls },
				requests: request === undefined ? [] : [request],
			};
			return answered({ ask: "read-ocsp", at: at.getTime(), more: { allowWeak } }, parts, ocspShape);
		},
		close,
	};
}

const takenShape = fields<{ kind: Taken["kind"]; sizes: { certificates: number[]; crls: number[] } }>({
	kind: oneOf(["pem", "certificate", "crl", "pkcs7", "pkcs12", "ocsp", "unknown"]),
	sizes: fields<{ certificates: number[]; crls: number[] }>({ certificates: sizes, crls: sizes }),
});
const unlockedShape = fields<{ is: Unlocked["is"]; sizes: { certificates: number[]; key: number[] } }>({
	is: oneOf(["open", "wrong-password", "unreadable"]),
	sizes: fields<{ certificates: number[]; key: number[] }>({ certificates: sizes, key: sizes }),
});
const askedShape = fields<{ sizes: { requests: number[] } }>({
	sizes: fields<{ requests: number[] }>({ requests: sizes }),
});

function noAnswerError({ overrun, detail }: NoAnswer): CfmError {
	const slow = overrun === "time" || overrun === "user-time";
	const why = slow ? t`it took too long` : t`it ended unexpectedly`;
	return new CfmError(
		"unavailable",
		"certificate-reader-failed",
		t`The process that reads certificates gave no answer: ${why}. One of the files may be damaged on purpose.`,
		{ data: { overrun, detail } },
	);
}
