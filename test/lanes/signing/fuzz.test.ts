import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PathRequest } from "../../../src/lib/certificate/certificates.js";
import type { SignedData } from "../../../src/lib/cms/signed-data.js";
import { CfmError } from "../../../src/lib/errors.js";
import { examinePdf } from "../../../src/lib/pdf/examine.js";
import { makeFolder } from "../../folders.js";
import { Authority, contentOf, type Made, openssl, signerExtensions } from "./authority.js";
import { certificatesApart, messagesApart, pdfsApart } from "./child.js";
import { Pdf } from "./pdf.js";
import { Host } from "./responder.js";
import { Stamps, stampExtensions } from "./stamps.js";

// Whole files, damaged at random in their bytes: each gets an answer or a typed error, soon, and `cfm` goes on. Twenty thousand of
// each kind with `npm run check:fuzz-signing`.

const isWhole = process.env.CFM_FUZZ_INPUTS !== undefined;
const inputs = Number(process.env.CFM_FUZZ_INPUTS ?? 2000);
const seed = Number(process.env.CFM_FUZZ_SEED ?? 20_260);
/** Beyond this one input is too slow, in milliseconds. The lane, on whatever machine, only finds what hangs. */
const most = isWhole ? 100 : 20_000;
/** A PDF is drawn page by page, for each revision. */
const ofPdfs = { most, inputs: isWhole ? inputs : inputs / 10 };

const certificates = certificatesApart();
const messages = messagesApart();
const pdfs = pdfsApart();
const folder = makeFolder("signing");
let host: Host;
let root: Authority;
let ana: Made;
beforeAll(async () => {
	host = await Host.start();
	root = Authority.root(folder, "root", { key: "ec:P-256" });
	const addresses = ["authorityInfoAccess=OCSP;URI:http://127.0.0.1/", "crlDistributionPoints=URI:http://127.0.0.1/"];
	const more = ["certificatePolicies=1.2.3.4", "subjectAltName=email:ana@example.com,otherName:1.2.3;UTF8:x"];
	ana = root.issue("ana", { key: "ec:P-256", extensions: [...signerExtensions, ...addresses, ...more] });
	root.revoke(root.issue("ben", { key: "ec:P-256" }));
});
afterAll(() => {
	host.close();
	certificates.close();
	messages.close();
	pdfs.close();
});

/** Numbers that look like chance and are the same in every run: mulberry32. */
function chance(from: number): () => number {
	let state = from;
	return () => {
		state = (state + 0x6d2b79f5) | 0;
		let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
		mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
}

/** A few bytes changed, left out, doubled or put in. */
function bend(whole: Buffer, random: () => number): Buffer {
	const bytes = Buffer.from(whole);
	const at = () => Math.floor(random() * bytes.length);
	const kind = random();
	if (kind < 0.6) {
		for (let count = 1 + Math.floor(random() * 4); count > 0; count--) bytes[at()] = Math.floor(random() * 256);
		return bytes;
	}
	const [from, length] = [at(), 1 + Math.floor(random() * 40)];
	if (kind < 0.7) return bytes.subarray(0, from);
	if (kind < 0.8) return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + length)]);
	if (kind < 0.9) return Buffer.concat([bytes.subarray(0, from + length), bytes.subarray(from)]);
	const put = Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)));
	return Buffer.concat([bytes.subarray(0, from), put, bytes.subarray(from)]);
}

const at = new Date("2026-06-01T00:00:00Z");
const path = (): Omit<PathRequest, "certificates"> => ({
	...{ intermediates: [], anchors: [root.own.der], crls: [], revocation: "none", at, policies: [] },
	...{ requirePolicy: false, inhibitPolicyMapping: false, inhibitAnyPolicy: false, allowWeak: false },
});

/** How many messages verified, whole or not. */
let standing = 0;

/**
 * What each signer whose signature verifies has signed, with the certificate that it verifies with. A message that was changed
 * may verify only if all of this is as it was: then the change is in what nobody signed, such as the certificates above.
 */
function signedIn(data: SignedData | null): object[] {
	if (data === null) return [];
	const { contentType, content, timestamp, certificates: all, signers } = data;
	const valid = signers.filter(({ integrity }) => integrity === "valid");
	if (valid.length > 0) standing += 1;
	return valid.map(
		({ certificate, named, digest, algorithm, signingTime, signingCertificate, policy, hasAttributes }) => ({
			...{ contentType, content, timestamp, digest, algorithm, named, signingTime, signingCertificate, policy },
			...{ hasAttributes, certificate: all[certificate ?? -1] },
		}),
	);
}

const kinds: Record<string, () => Promise<{ whole: Buffer; read: (bytes: Buffer) => Promise<unknown> }>> = {
	certificates: async () => ({
		whole: ana.der,
		async read(bytes) {
			await certificates.take(bytes);
			await certificates.describe([bytes]);
			const [answer] = await certificates.verify({ ...path(), certificates: [bytes], intermediates: [bytes] });
			// Whatever was changed in it: it is not what its issuer signed.
			if (answer?.faults.length === 0) expect(bytes.equals(ana.der)).toBe(true);
		},
	}),
	lists: async () => ({
		whole: root.crl("list").der,
		async read(bytes) {
			await certificates.take(bytes);
			await certificates.describeCrls([bytes]);
			await certificates.verify({ ...path(), certificates: [ana.der], crls: [bytes], revocation: "chain" });
		},
	}),
	"OCSP answers": async () => {
		const asked = await certificates.askOcsp(ana.der, root.own.der);
		const rest = { certificate: ana.der, issuer: root.own.der, intermediates: [], anchors: [root.own.der], crls: [] };
		return {
			whole: host.ocspAnswer(root, root.own, asked ?? Buffer.alloc(0)),
			read: (bytes) => certificates.readOcsp({ ...rest, answer: bytes, at: new Date(), allowWeak: false }),
		};
	},
	"PKCS#12 files": async () => {
		const file = `${ana.file}.p12`;
		const words = ["-inkey", ana.keyFile, "-in", ana.file, "-certfile", root.own.file, "-passout", "pass:secret"];
		openssl(["pkcs12", "-export", ...words, "-iter", "100", "-maciter", "-out", file]);
		return {
			whole: contentOf(file),
			async read(bytes) {
				await certificates.take(bytes);
				await certificates.unlock(bytes, "secret");
			},
		};
	},
	messages: async () => {
		const [content, file] = [join(folder, "content"), join(folder, "content.p7m")];
		writeFileSync(content, "What was signed.\n".repeat(20));
		const by = ["-signer", ana.file, "-inkey", ana.keyFile, "-certfile", root.own.file, "-cades"];
		openssl(["cms", "-sign", "-binary", "-nodetach", "-in", content, "-outform", "DER", "-out", file, ...by]);
		const whole = contentOf(file);
		const original = signedIn(await messages.read({ message: whole }));
		expect(original).toHaveLength(1);
		return {
			whole,
			async read(bytes) {
				for (const signed of signedIn(await messages.read({ message: bytes }))) expect(original).toContainEqual(signed);
			},
		};
	},
	timestamps: async () => {
		const signer = root.issue("stamps", { key: "ec:P-256", extensions: stampExtensions() });
		const request = openssl(["ts", "-query", "-data", ana.file, "-sha256", "-cert"]);
		const whole = new Stamps(folder, root).reply(request, signer);
		const stamped = async (answer: Buffer) => {
			const token = (await messages.readResponse(answer))?.token;
			return token ? signedIn(await messages.read({ message: token })) : [];
		};
		const original = await stamped(whole);
		expect(original).toHaveLength(1);
		return {
			whole,
			async read(bytes) {
				for (const signed of await stamped(bytes)) expect(original).toContainEqual(signed);
			},
		};
	},
	"PDF files": async () => ({
		whole: Pdf.make().sign(ana, [root.own]).sign(ana, [root.own]).bytes,
		read: (bytes) => examinePdf(bytes, pdfs),
	}),
};

it.each(Object.keys(kinds))("%s", { timeout: 3_600_000 }, async (kind) => {
	const { whole, read } = (await (kinds[kind] as (typeof kinds)[string])()) as Awaited<
		ReturnType<(typeof kinds)[string]>
	>;
	const random = chance(seed);
	await read(whole);
	const started = () => certificates.started() + messages.started() + pdfs.started();
	const [before, slow, stood] = [started(), [] as string[], standing];
	const { most: allowed, inputs: many } = kind === "PDF files" ? ofPdfs : { most, inputs };
	let refused = 0;
	for (let count = 0; count < many; count++) {
		const bytes = bend(whole, random);
		let spent = Number.POSITIVE_INFINITY;
		// What is slow once may have waited for the machine; what is slow three times is slow.
		for (let turn = 0; turn < 3 && spent > allowed; turn++) {
			const since = performance.now();
			try {
				await read(bytes);
			} catch (error) {
				if (!(error instanceof CfmError)) throw error;
				refused += 1;
			}
			spent = Math.min(spent, performance.now() - since);
		}
		if (spent > allowed) slow.push(`${count}: ${spent.toFixed(0)} ms`);
	}
	const counts = `${refused} refused, ${standing - stood} still verified, ${started() - before} processes replaced`;
	console.log(`${kind}: ${many} inputs, ${counts}`);
	expect(slow).toEqual([]);
	// What is odd in a message is said of it, and costs no process.
	if (kind === "messages" || kind === "timestamps") expect(refused).toBe(0);
});
