import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { PathRequest } from "../../../src/lib/certificate/certificates.js";
import { checkFiles } from "../../../src/lib/signature/check.js";
import { makeFolder } from "../../folders.js";
import { Authority, type Made } from "./authority.js";
import { certificatesApart, messagesApart, pdfsApart } from "./child.js";
import { Pdf } from "./pdf.js";

// Ratios for `npm run bench -- --only signing`, which compares them with their bars; the lane does not run this file.

/** One row, which bench/signing.mjs reads. */
const tell = (what: string, ours: number, theirs: number) =>
	console.log(`ratio: ${(ours / theirs).toFixed(2)} ${what}`);

const certificates = certificatesApart();
afterAll(() => certificates.close());
let middle: Authority;
let root: Authority;
let ana: Made;
beforeAll(() => {
	root = Authority.root(makeFolder("signing"), "root");
	middle = root.authority("middle");
	ana = middle.issue("ana");
});

/** The least of some tries, in milliseconds: what else the machine did is in the others. */
async function least(work: () => unknown): Promise<number> {
	let best = Number.POSITIVE_INFINITY;
	for (let count = 0; count < 7; count++) {
		const since = performance.now();
		await work();
		best = Math.min(best, performance.now() - since);
	}
	return best;
}

const plain: Omit<PathRequest, "certificates" | "intermediates" | "anchors"> = {
	...{ crls: [], revocation: "none", at: new Date("2026-06-01T00:00:00Z"), policies: [], requirePolicy: false },
	...{ inhibitPolicyMapping: false, inhibitAnyPolicy: false, allowWeak: false },
};

it("1,000 certificates with one intermediate, of openssl verify", async () => {
	const many = 1000;
	const files = Array.from({ length: many }, () => ana.file);
	const words = ["verify", "-CAfile", root.own.file, "-untrusted", middle.own.file, ...files];
	const request = { ...plain, intermediates: [middle.own.der], anchors: [root.own.der] };
	const all = Array.from({ length: many }, () => ana.der);
	const answers = await certificates.verify({ ...request, certificates: all });
	expect(answers.every((one) => one?.faults.length === 0 && one.chain.length === 3)).toBe(true);
	const theirs = await least(() => execFileSync("openssl", words, { stdio: "ignore" }));
	const ours = await least(() => certificates.verify({ ...request, certificates: all }));
	tell("1,000 certificates / openssl verify", ours, theirs);
});

it("a revocation list of 20,000 entries, of openssl crl", async () => {
	middle.revokeMany(20_000);
	const { file, der } = middle.crl("many");
	const request = { ...plain, certificates: [ana.der], intermediates: [middle.own.der], anchors: [root.own.der] };
	const look = () => certificates.verify({ ...request, crls: [der], revocation: "leaf" });
	expect((await look())[0]?.faults).toEqual([]);
	const theirs = await least(() => execFileSync("openssl", ["crl", "-in", file, "-noout", "-CAfile", middle.own.file]));
	const ours = await least(look);
	tell("a list of 20,000 entries / openssl crl", ours, theirs);
});

it("200 signed PDFs, of pdfsig", async () => {
	const folder = join(makeFolder("pdfs"), "signed");
	mkdirSync(folder);
	const signed = Array.from({ length: 20 }, (_, at) => Pdf.make(`Contract ${at}`).sign(ana, [middle.own]).bytes);
	const files = Array.from({ length: 200 }, (_, at) => join(folder, `${at}.pdf`));
	for (const [at, file] of files.entries()) writeFileSync(file, signed[at % signed.length] as Buffer);
	const tools = { certificates, messages: messagesApart(), pdfs: pdfsApart(), fetch: undefined };
	const request = {
		...{ anchors: [root.own.der], intermediates: [], crls: [], ocsp: [], revocation: undefined, at: undefined },
		...{ now: new Date(), allowWeak: false, fetchIssuers: false },
	};
	const check = () =>
		checkFiles(
			tools,
			files.map((name) => ({ name, read: async () => readFileSync(name), content: async () => undefined })),
			request,
		);
	expect((await check()).every(({ state }) => state === "valid")).toBe(true);
	const once = async (work: () => unknown) => {
		const since = performance.now();
		await work();
		return performance.now() - since;
	};
	let [ours, theirs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
	for (let turn = 0; turn < 3; turn++) {
		ours = Math.min(ours, await once(check));
		theirs = Math.min(
			theirs,
			await once(() => {
				for (const file of files) spawnSync("pdfsig", ["-nocert", file]);
			}),
		);
	}
	tools.messages.close();
	tools.pdfs.close();
	tell("200 PDFs / pdfsig", ours, theirs);
});
