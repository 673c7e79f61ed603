import { randomBytes } from "node:crypto";
import { sayFault } from "../cms/faults.js";
import { type JudgeRequest, judgeSigners, type SignerVerdict } from "../cms/judge.js";
import { hashOf, readSignedData } from "../cms/read.js";
import type { MessageHash, MessageScheme, SignedData } from "../cms/signed-data.js";
import { askTsa, type TsaTools, tsaVerdict } from "../cms/tsa.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { KeyInHand, KeySource, SignStep, Steps } from "./key.js";

/** One step that was carried out. */
export interface StepDone {
	step: SignStep;
	milliseconds: number;
}

/** What came of signing. */
export interface SignTest {
	by: KeyInHand["by"];
	/** The module or the file that holds the key. */
	source: string;
	slot: number | null;
	id: string | null;
	login: KeyInHand["login"];
	scheme: MessageScheme;
	hash: MessageHash;
	/** The timestamp server that was asked; null: none. */
	tsa: string | null;
	/** How many bytes the message has. */
	sizeBytes: number;
	signature: SignerVerdict;
	steps: StepDone[];
	/** Of steps. */
	total: number;
	/** How the module ended badly afterwards. */
	endsBadly: string | null;
}

/** What is asked of a signature. */
export interface SignRequest {
	/** The address of a timestamp server; undefined: no timestamp. */
	tsa: string | undefined;
	judge: Omit<JudgeRequest, "now" | "at">;
	now: () => Date;
}

/** What was signed, and the message that goes with it. */
export interface Made {
	content: Buffer;
	/** CMS in DER, detached. */
	message: Buffer;
}

/** What it takes to sign and verify. Without `fetch`, no timestamp can be had. */
export type SignTools = Omit<TsaTools, "fetch"> & { fetch: TsaTools["fetch"] | undefined };

/**
 * Signs random bytes from end to end: takes the key, makes a detached message (CAdES-BES), lets a server stamp its signature,
 * and verifies what came.
 *
 * @throws CfmError as the key's source, `askTsa` and `tsaVerdict` do, with the step in `data.step`; unavailable `sign-test-failed`:
 *   the signature is wrong
 */
export async function testSigning(
	tools: SignTools,
	source: KeySource,
	request: SignRequest,
): Promise<{ test: SignTest; made: Made }> {
	const steps: StepDone[] = [];
	const step = stepsInto(steps);
	const key = await source(step);
	let endsBadly: string | undefined;
	let told: Omit<SignTest, "endsBadly">;
	const content = randomBytes(32);
	let message: Buffer;
	try {
		const own = await step("sign", () => signed(tools, key, content, request.now()));
		const stamp = request.tsa === undefined ? undefined : await step("timestamp", () => stampOver(tools, own, request));
		message = await tools.messages.assemble({ ...own.parts, timestamp: stamp });
		const signature = await step("verify", () => verified(tools, message, content, request));
		const { by, source: from, slot, id, login, scheme, hash } = key;
		const about = { by, source: from, slot, id, login, scheme, hash, tsa: request.tsa ?? null };
		told = { ...about, sizeBytes: message.length, signature, steps, total: steps.length };
	} finally {
		endsBadly = await key.close();
	}
	return { test: { ...told, endsBadly: endsBadly ?? null }, made: { content, message } };
}

type Parts = Parameters<SignTools["messages"]["assemble"]>[0];

/** Signs, and sees whether the signature is of this content and by this certificate's key. */
async function signed(
	{ messages }: SignTools,
	{ certificate, others, scheme, hash, sign }: KeyInHand,
	content: Buffer,
	now: Date,
): Promise<{ parts: Parts; signature: Buffer }> {
	const signingTime = now.toISOString();
	const attributes = await messages.toSign({ certificate, digest: hashOf(hash, [content]), signingTime });
	if (attributes === null)
		throw new CfmError("not-found", "no-certificate", t`The certificate of the key can't be read.`);
	const parts = { attributes, signature: await sign(attributes), scheme, hash, certificates: [certificate, ...others] };
	const data = await readSignedData(messages, await messages.assemble(parts), { content: [content] });
	const [signer] = data?.signers ?? [];
	if (signer?.integrity === "valid") return { parts, signature: signer.signature };
	const faults = signer?.faults ?? ["not-verified" as const];
	throw new CfmError("unavailable", "sign-test-failed", t`It does not stand: ${faults.map(sayFault).join("; ")}.`, {
		data: { codes: faults },
	});
}

async function stampOver(
	{ fetch, ...tools }: SignTools,
	{ signature }: { signature: Buffer },
	{ tsa = "", judge, now }: SignRequest,
): Promise<Buffer> {
	if (fetch === undefined) throw new CfmError("usage", "two-meanings", t`--tsa asks a server, and --offline none.`);
	const request = { url: tsa, hash: "sha256" as const, policy: undefined, judge: { ...judge, at: undefined }, now };
	const { test, token } = await askTsa({ ...tools, fetch }, request, signature);
	const error = tsaVerdict(test);
	if (error !== undefined) throw error;
	return token ?? Buffer.alloc(0);
}

async function verified(
	tools: SignTools,
	message: Buffer,
	content: Buffer,
	{ judge, now }: SignRequest,
): Promise<SignerVerdict> {
	const data = (await readSignedData(tools.messages, message, { content: [content] })) as SignedData;
	const [verdict] = await judgeSigners(tools, data, { ...judge, at: undefined, now: now() });
	return verdict as SignerVerdict;
}

function stepsInto(done: StepDone[]): Steps {
	return async (step, work) => {
		const since = performance.now();
		try {
			const value = await work();
			done.push({ step, milliseconds: Math.round(performance.now() - since) });
			return value;
		} catch (error) {
			throw error instanceof CfmError ? failedIn(step, error) : error;
		}
	};
}

/** The same failure, which says where. */
function failedIn(step: SignStep, error: CfmError): CfmError {
	const { kind, code, message, hints, data, cause } = error;
	return new CfmError(kind, code, `${sayFailure(step)} ${message}`, { hints, data: { ...data, step }, cause });
}

/** A step as people read it. */
export function sayStep(step: SignStep): string {
	switch (step) {
		case "open":
			return t`Open the token or file`;
		case "login":
			return t`Log in`;
		case "key":
			return t`Find the key and its certificate`;
		case "sign":
			return t`Sign`;
		case "timestamp":
			return t`Get a timestamp`;
		case "verify":
			return t`Verify`;
	}
}

function sayFailure(step: SignStep): string {
	switch (step) {
		case "open":
			return t`The token or file can't be opened.`;
		case "login":
			return t`The login failed.`;
		case "key":
			return t`No key was found to sign with.`;
		case "sign":
			return t`No good signature was made.`;
		case "timestamp":
			return t`There is no timestamp.`;
		case "verify":
			return t`The signature could not be verified.`;
	}
}

/** Why a test is bad news: the signature was made, and something stands against it. */
export function signVerdict({ signature: { state, reasons } }: SignTest): CfmError | undefined {
	if (state === "valid") return undefined;
	const why = reasons.map(({ text }) => text).join("; ");
	const data = { codes: [...new Set(reasons.map(({ code }) => code))], step: "verify" };
	return new CfmError("findings", "signature-not-valid", t`The signature was made, and is not valid: ${why}.`, {
		data,
	});
}
