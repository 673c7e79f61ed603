import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchOver } from "../../../src/lib/adapters/fetch/fetch.js";
import type { Fetch } from "../../../src/lib/certificate/fetch.js";
import { type Verdict, type VerifyRequest, verifyCertificate } from "../../../src/lib/certificate/verify.js";
import { makeFolder } from "../../folders.js";
import { Authority, type Made, signerExtensions } from "./authority.js";
import { certificatesApart } from "./child.js";
import { Host } from "./responder.js";

// Every answer that a source of revocation can give, from real responders and lists of OpenSSL's, and every way to give none.

const certificates = certificatesApart();
let host: Host;
let root: Authority;
let middle: Authority;
let delegated: Made;
let stranger: Made;
beforeAll(async () => {
	host = await Host.start();
	root = Authority.root(makeFolder("signing"), "root");
	middle = root.authority("middle");
	const responds = ["basicConstraints=CA:FALSE", "keyUsage=critical,digitalSignature", "extendedKeyUsage=OCSPSigning"];
	delegated = middle.issue("responder", { extensions: [...responds, "noCheck=ignored"] });
	stranger = middle.issue("stranger");
});
afterAll(() => {
	host.close();
	certificates.close();
});

const told = new Date();
const request: Omit<VerifyRequest, "certificate" | "intermediates" | "anchors"> = {
	...{ crls: [], ocsp: [], revocation: "leaf", at: told, purpose: "signing", policies: [], requirePolicy: false },
	...{ inhibitPolicyMapping: false, inhibitAnyPolicy: false, allowWeak: false, fetchIssuers: false },
};

/** Short limits: what hangs here hangs for ever. */
const fetch: Fetch = (asked) => fetchOver({ ...asked, milliseconds: Math.min(asked.milliseconds, 3000) }, {});

let count = 0;
/** A certificate that says where its revocation is told. */
const signer = (lines: readonly string[] = []) =>
	middle.issue(`signer${count++}`, { extensions: [...signerExtensions, ...lines] });
const withOcsp = (path: string) => signer([`authorityInfoAccess=OCSP;URI:${host.url(path)}`]);

function verify(one: Made, more: Partial<VerifyRequest> = {}, over: Fetch | undefined = fetch): Promise<Verdict> {
	const asked = { ...request, certificate: one.der, intermediates: [middle.own.der], anchors: [root.own.der], ...more };
	return verifyCertificate(certificates, over, asked);
}

/** Whether it is valid, and what each source said. */
async function said(one: Made, more?: Partial<VerifyRequest>): Promise<{ valid: boolean; states: string[] }> {
	const { valid, revocation } = await verify(one, more);
	return { valid, states: revocation.map(({ by, state }) => `${by} ${state}`) };
}

describe("an OCSP responder", () => {
	it("says good, by the authority itself or by whom it named", async () => {
		host.responder("/own", { authority: middle });
		host.responder("/delegated", { authority: middle, signer: delegated });
		for (const path of ["/own", "/delegated"]) {
			expect(await said(withOcsp(path))).toEqual({ valid: true, states: ["ocsp good"] });
		}
	});

	it("says revoked, with when and why", async () => {
		host.responder("/revoked", { authority: middle });
		const one = withOcsp("/revoked");
		middle.revoke(one, "superseded");
		const { valid, revocation, reasons } = await verify(one);
		expect({ valid, codes: reasons.map(({ code }) => code) }).toEqual({ valid: false, codes: ["revoked"] });
		expect(revocation).toMatchObject([
			{ state: "revoked", reason: "superseded", revokedAt: expect.stringMatching(/Z$/) },
		]);
	});

	it("says unknown", async () => {
		host.at("/unknown", (asked, response) => {
			const other = root.authority(`other${count++}`);
			// The same authority, with a book of its own that has no such certificate.
			response.end(host.ocspAnswer({ ...middle, folder: other.folder } as Authority, middle.own, asked));
		});
		expect(await said(withOcsp("/unknown"))).toEqual({ valid: false, states: ["ocsp unknown"] });
	});

	it("gives an answer that is out of date", async () => {
		const one = withOcsp("/good-for-a-minute");
		host.responder("/good-for-a-minute", { authority: middle, more: ["-nmin", "1"] });
		const at = new Date(Date.now() + 3_600_000);
		expect(await said(one, { at })).toEqual({ valid: false, states: ["ocsp stale"] });
	});

	it("is not believed when somebody else signed", async () => {
		host.responder("/stranger", { authority: middle, signer: stranger });
		host.responder("/root", { authority: middle, signer: root.own });
		for (const path of ["/stranger", "/root"]) {
			expect(await said(withOcsp(path))).toEqual({ valid: false, states: ["ocsp not-trusted"] });
		}
	});

	it("answers about another certificate", async () => {
		const other = signer();
		const asked = await certificates.askOcsp(other.der, middle.own.der);
		const answer = host.ocspAnswer(middle, middle.own, asked ?? Buffer.alloc(0));
		host.file("/other", answer);
		expect((await verify(withOcsp("/other"))).valid).toBe(false);
		expect(await said(signer(), { ocsp: [answer] })).toEqual({ valid: false, states: ["ocsp other-certificate"] });
	});

	it("sends an old answer again", async () => {
		const one = withOcsp("/replay");
		const asked = await certificates.askOcsp(one.der, middle.own.der);
		host.file("/replay", host.ocspAnswer(middle, middle.own, asked ?? Buffer.alloc(0)));
		expect(await said(one)).toEqual({ valid: false, states: ["ocsp nonce"] });
	});

	it("asks to try again later", async () => {
		// OCSPResponse with tryLater: RFC 6960, 4.2.1.
		host.file("/later", Buffer.from("30030a0103", "hex"));
		expect(await said(withOcsp("/later"))).toEqual({ valid: false, states: ["ocsp try-later"] });
	});

	it.each<[state: string, path: string, set: () => void]>([
		["no-answer", "/page", () => host.file("/page", "<html>Please log in</html>")],
		["http-error", "/500", () => host.file("/500", "no", 500)],
		["timeout", "/slow", () => host.at("/slow", () => {})],
		[
			"cut",
			"/half",
			() =>
				host.at(
					"/half",
					(_, response) => void response.writeHead(200, { "Content-Length": 500 }).write("0", () => response.destroy()),
				),
		],
		[
			"endless",
			"/endless",
			() =>
				host.at("/endless", (_, response) => {
					const more = (): void => void response.write(Buffer.alloc(60_000), (error) => error ?? more());
					more();
				}),
		],
	])("fails: %s", async (state, path, set) => {
		set();
		expect(await said(withOcsp(path))).toEqual({ valid: false, states: [`ocsp ${state}`] });
	});

	it("refuses connections", async () => {
		const gone = await Host.start();
		const one = signer([`authorityInfoAccess=OCSP;URI:${gone.url("/")}`]);
		gone.close();
		expect(await said(one)).toEqual({ valid: false, states: ["ocsp refused"] });
	});
});

describe("a revocation list", () => {
	it("is fetched from where the certificate says", async () => {
		const one = signer([`crlDistributionPoints=URI:${host.url("/list")}`]);
		host.file("/list", middle.crl("fetched").der);
		expect(await said(one)).toEqual({ valid: true, states: ["crl good"] });
		middle.revoke(one, "cessationOfOperation");
		host.file("/list", middle.crl("later").der);
		const { valid, revocation } = await verify(one);
		expect({ valid, revocation }).toMatchObject({
			valid: false,
			revocation: [{ state: "revoked", reason: "cessationOfOperation" }],
		});
	});

	it("answers where OCSP does not", async () => {
		host.file("/500", "no", 500);
		host.file("/both", middle.crl("both").der);
		const one = signer([
			`authorityInfoAccess=OCSP;URI:${host.url("/500")}`,
			`crlDistributionPoints=URI:${host.url("/both")}`,
		]);
		expect(await said(one)).toEqual({ valid: true, states: ["ocsp http-error", "crl good"] });
	});

	it("is out of date, from the future, or another authority's", async () => {
		const one = signer();
		const stale = middle.crl("stale", { until: "20250201000000Z" }).der;
		const early = middle.crl("early", { from: "20390101000000Z" }).der;
		expect(await said(one, { crls: [stale] })).toEqual({ valid: false, states: ["crl stale"] });
		expect(await said(one, { crls: [early] })).toEqual({ valid: false, states: ["crl not-yet"] });
		const { valid, reasons } = await verify(one, { crls: [root.crl("root").der] });
		expect({ valid, codes: reasons.map(({ code }) => code) }).toEqual({ valid: false, codes: ["no-crl"] });
	});

	it("revokes an authority on the path, also where only the certificate is asked about", async () => {
		const below = root.authority("below");
		const one = below.issue("below-signer");
		root.revoke(below.own, "cACompromise");
		const asked = { intermediates: [below.own.der], crls: [below.crl("own").der, root.crl("above").der] };
		const codes = async (revocation: VerifyRequest["revocation"]) =>
			(await verify(one, { ...asked, revocation })).reasons.map(({ depth, code }) => `${depth} ${code}`);
		expect(await codes("leaf")).toEqual(["1 revoked"]);
		expect(await codes("chain")).toEqual(["1 revoked"]);
		expect(await codes("none")).toEqual([]);
	});
});

it("a path of the past is judged with what is known of revocation now", async () => {
	const one = middle.issue("old", { from: "20200101000000Z", until: "20210101000000Z" });
	const crls = [middle.crl("now").der];
	const at = new Date("2020-06-01T00:00:00Z");
	expect((await verify(one, { at, crls })).reasons.map(({ code }) => code)).toEqual(["crl-not-yet-valid"]);
	expect((await verify(one, { at, crls, revocationAt: told })).valid).toBe(true);
});

it("issuers are fetched on request only", async () => {
	host.file("/issuer", middle.own.der);
	const one = signer([`authorityInfoAccess=caIssuers;URI:${host.url("/issuer")}`]);
	const without = { intermediates: [], revocation: "none" } as const;
	expect((await verify(one, without)).valid).toBe(false);
	const { valid, fetched } = await verify(one, { ...without, fetchIssuers: true });
	expect({ valid, fetched: fetched.length }).toEqual({ valid: true, fetched: 1 });
});

it("nothing of a hostile file ends the process that reads", async () => {
	expect(certificates.started()).toBe(1);
});
