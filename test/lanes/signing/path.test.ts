import { createPrivateKey, createPublicKey, X509Certificate } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import { certificatesHere } from "../../../src/lib/adapters/openssl/here.js";
import type { PathRequest } from "../../../src/lib/certificate/certificates.js";
import { makeFolder } from "../../folders.js";
import {
	Authority,
	authorityExtensions,
	type CertificateOptions,
	contentOf,
	type Made,
	openssl,
	opensslVerifies,
	signerExtensions,
} from "./authority.js";

const certificates = certificatesHere();
const plain: Omit<PathRequest, "certificates" | "intermediates" | "anchors"> = {
	...{ crls: [], revocation: "none", at: new Date("2026-06-01T00:00:00Z"), policies: [], requirePolicy: false },
	...{ inhibitPolicyMapping: false, inhibitAnyPolicy: false, allowWeak: false },
};

let root: Authority;
let middle: Authority;
let ana: Made;
beforeAll(() => {
	root = Authority.root(makeFolder("signing"), "root");
	middle = root.authority("middle");
	ana = middle.issue("ana");
});

/** What is wrong with one certificate below `middle`. */
async function faults(one: Made, more: Partial<PathRequest> = {}): Promise<string[]> {
	const [answer] = await certificates.verify({
		...plain,
		...{ certificates: [one.der], intermediates: [middle.own.der], anchors: [root.own.der] },
		...more,
	});
	return (answer?.faults ?? []).map(({ depth, code }) => `${depth}:${code}`);
}

describe("paths", () => {
	it("are told from the certificate to the anchor", async () => {
		const request = { ...plain, certificates: [ana.der], intermediates: [middle.own.der], anchors: [root.own.der] };
		const [answer] = await certificates.verify(request);
		expect(answer).toEqual({ chain: [0, 1, 2], anchored: true, faults: [], revoked: [] });
	});
	it("have every fault told", async () => {
		const late = middle.issue("late", { until: "20210101000000Z" });
		expect(await faults(late, { intermediates: [] })).toEqual(["0:20", "0:10"]);
	});
	it("may have keys of every kind", async () => {
		for (const key of ["rsa:3072", "rsa-pss:2048", "ec:P-256", "ec:P-521", "ed25519", "ed448"]) {
			const authority = root.authority(`authority-${key.replace(":", "-")}`, { key });
			const one = authority.issue(`signer-${key.replace(":", "-")}`, { key, digest: digestOf(key) });
			const files = ["-CAfile", root.own.file, "-untrusted", authority.own.file, one.file];
			expect([key, await faults(one, { intermediates: [authority.own.der] })]).toEqual([key, []]);
			expect(opensslVerifies(["-attime", seconds, ...files])).toBe(true);
			const [facts] = await certificates.describe([one.der]);
			expect(facts?.key?.type).toMatch(/^(RSA|RSA-PSS|EC|ED25519|ED448)$/);
		}
	});
});

/** Ed25519 and Ed448 hash for themselves. */
const digestOf = (key: string) => (key.startsWith("ed") ? "default" : "sha256");
const seconds = String(plain.at.getTime() / 1000);

const authority = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
const below = (lines: readonly string[], options: CertificateOptions = {}) =>
	root.authority(`below${count++}`, { extensions: [...authority, ...lines], ...options });
let count = 0;

/** An authority says that what its own policy asks for is what another one asks for below it. */
function mapped(): [Authority, Made] {
	const next = below(["certificatePolicies=1.2.3.1", "policyMappings=1.2.3.1:1.2.3.2"]);
	const extensions = [...signerExtensions, "certificatePolicies=1.2.3.2"];
	return [next, next.issue(`mapped${count++}`, { extensions })];
}

/** An authority below which any policy is acceptable. */
function belowAny(): [Authority, Made] {
	const next = below(["certificatePolicies=2.5.29.32.0"]);
	const extensions = [...signerExtensions, "certificatePolicies=1.2.3.1"];
	return [next, next.issue(`any${count++}`, { extensions })];
}

/** Each is refused, for this reason, by OpenSSL's own program too. */
const refused: Record<
	string,
	{ make: () => [Authority, Made]; codes: string[]; more?: Partial<PathRequest>; words?: string[] }
> = {
	"an authority that may have none below it": {
		make() {
			const top = root.authority(`top${count++}`, {
				extensions: ["basicConstraints=critical,CA:TRUE,pathlen:0", "keyUsage=critical,keyCertSign"],
			});
			const next = top.authority(`next${count++}`);
			extra = [top.own];
			return [next, next.issue(`deep${count++}`)];
		},
		codes: ["2:25"],
	},
	"an issuer that is no authority": {
		make() {
			const next = below([], { extensions: ["basicConstraints=critical,CA:FALSE", "keyUsage=keyCertSign"] });
			return [next, next.issue(`of-none${count++}`)];
		},
		codes: ["1:79"],
	},
	"a name that is not permitted": {
		make() {
			const next = below(["nameConstraints=critical,permitted;email:.example.org"]);
			const extensions = [...signerExtensions, "subjectAltName=email:ana@other.example"];
			return [next, next.issue(`named${count++}`, { extensions })];
		},
		codes: ["0:47"],
	},
	"a name that is excluded": {
		make() {
			const next = below(["nameConstraints=critical,excluded;email:example.org"]);
			const extensions = [...signerExtensions, "subjectAltName=email:ana@example.org"];
			return [next, next.issue(`excluded${count++}`, { extensions })];
		},
		codes: ["0:48"],
	},
	"an unknown critical extension": {
		make: () => [middle, middle.issue(`critical${count++}`, { extensions: ["1.2.3.4=critical,ASN1:NULL"] })],
		codes: ["0:34"],
	},
	"no policy where one is required": {
		make: () => [middle, middle.issue(`no-policy${count++}`)],
		codes: ["0:43"],
		more: { requirePolicy: true },
		words: ["-policy_check", "-explicit_policy"],
	},
	"another policy than the acceptable one": {
		make() {
			const next = below(["certificatePolicies=1.2.3.4"]);
			const extensions = [...signerExtensions, "certificatePolicies=1.2.3.4"];
			return [next, next.issue(`policy${count++}`, { extensions })];
		},
		codes: ["0:43"],
		more: { policies: ["1.2.3.5"], requirePolicy: true },
		words: ["-policy", "1.2.3.5", "-explicit_policy"],
	},
	"a mapped policy, where none may be mapped": {
		make: mapped,
		codes: ["0:43"],
		more: { policies: ["1.2.3.1"], requirePolicy: true, inhibitPolicyMapping: true },
		words: ["-policy", "1.2.3.1", "-explicit_policy", "-inhibit_map"],
	},
	"a policy below anyPolicy, where that does not count": {
		make: belowAny,
		codes: ["0:43"],
		more: { policies: ["1.2.3.1"], requirePolicy: true, inhibitAnyPolicy: true },
		words: ["-policy", "1.2.3.1", "-explicit_policy", "-inhibit_any"],
	},
	"a key of 1024 bits": {
		make: () => [middle, middle.issue(`weak${count++}`, { key: "rsa:1024" })],
		codes: ["0:66"],
		words: ["-auth_level", "2"],
	},
	"SHA-1": {
		make: () => [middle, middle.issue(`sha1${count++}`, { digest: "sha1" })],
		codes: ["0:68"],
		words: ["-auth_level", "2"],
	},
};
let extra: Made[] = [];

describe("a path is refused for", () => {
	it.each(Object.entries(refused))("%s", async (_, { make, codes, more = {}, words = [] }) => {
		extra = [];
		const [issuer, one] = make();
		const between = [issuer.own, ...extra];
		expect(await faults(one, { intermediates: between.map(({ der }) => der), ...more })).toEqual(codes);
		const untrusted = between.flatMap(({ file }) => ["-untrusted", file]);
		expect(opensslVerifies(["-attime", seconds, "-CAfile", root.own.file, ...untrusted, ...words, one.file])).toBe(
			false,
		);
	});
});

it("a mapped policy counts, and so does one below anyPolicy, unless that is inhibited", async () => {
	for (const make of [mapped, belowAny]) {
		const [issuer, one] = make();
		const request = { intermediates: [issuer.own.der], policies: ["1.2.3.1"], requirePolicy: true };
		expect(await faults(one, request)).toEqual([]);
		const words = ["-policy", "1.2.3.1", "-explicit_policy", "-untrusted", issuer.own.file, one.file];
		expect(opensslVerifies(["-attime", seconds, "-CAfile", root.own.file, ...words])).toBe(true);
	}
});

describe("a path is found", () => {
	it("where the first that comes to mind is not valid: an authority with several certificates", async () => {
		const other = Authority.root(makeFolder("other"), "other");
		const strict = root.authority("strict", {
			extensions: [...authorityExtensions, "nameConstraints=critical,excluded;email:example.com"],
		});
		const shared = strict.authority("shared");
		const again = other.certify(shared.own);
		const cleo = shared.issue("cleo", { extensions: [...signerExtensions, "subjectAltName=email:cleo@example.com"] });
		const between = [strict.own.der, shared.own.der, again.der];
		for (const intermediates of [between, between.toReversed()]) {
			expect(await faults(cleo, { intermediates, anchors: [root.own.der, other.own.der] })).toEqual([]);
		}
		expect(await faults(cleo, { intermediates: between, anchors: [root.own.der] })).toEqual(["0:48"]);
	});

	it("among many that lead nowhere, and out of circles, soon", async () => {
		const here = makeFolder("circles");
		const [top, one, two] = ["top", "one", "two"].map((name) => Authority.root(here, name)) as [
			...[Authority, Authority, Authority],
		];
		const [oneByTwo, twoByOne, oneByTop] = [two.certify(one.own), one.certify(two.own), top.certify(one.own)];
		const dana = two.issue("dana");
		const circle = [oneByTwo.der, twoByOne.der];
		const anchors = [top.own.der];
		expect(await faults(dana, { intermediates: circle, anchors })).not.toEqual([]);
		expect(await faults(dana, { intermediates: [...circle, oneByTop.der], anchors })).toEqual([]);
		const crowd = Array.from({ length: 30 }, () => [two.certify(one.own).der, one.certify(two.own).der]).flat();
		const copies = Array.from({ length: 1000 }, () => circle).flat();
		expect(await faults(dana, { intermediates: [...crowd, ...copies, oneByTop.der], anchors })).toEqual([]);
	});

	it("to the very second of its end, which OpenSSL takes for later", async () => {
		const short = root.issue("short", { until: "20260601000000Z" });
		const at = new Date("2026-06-01T00:00:00Z");
		const alone = { intermediates: [], anchors: [root.own.der] };
		expect(await faults(short, { ...alone, at })).toEqual([]);
		expect(await faults(short, { ...alone, at: new Date(at.getTime() + 1000) })).toEqual(["0:10"]);
	});
});

it("a delta list adds to the whole one that it is of", async () => {
	// OpenSSL looks at delta lists only where the certificate or the whole list says that there are some.
	const extensions = [...signerExtensions, "freshestCRL=URI:http://127.0.0.1/delta"];
	const one = middle.issue("on-a-delta", { extensions });
	const whole = middle.crl("whole");
	const { base, delta } = middle.deltaAfter("delta", () => middle.revoke(one));
	const request = (...lists: { der: Buffer }[]) =>
		faults(one, { crls: lists.map(({ der }) => der), revocation: "leaf" });
	expect(await request(whole)).toEqual([]);
	expect(await request(base)).toEqual([]);
	expect(await request(base, delta)).toEqual(["0:23"]);
	// Alone it says nothing of what the whole list holds.
	expect(await request(delta)).not.toEqual([]);
	expect((await certificates.describeCrls([base.der, delta.der])).map((facts) => facts?.isDelta)).toEqual([
		false,
		true,
	]);
});

describe("PKCS#12 files", () => {
	const old = ["-legacy", "-keypbe", "PBE-SHA1-RC2-40", "-certpbe", "PBE-SHA1-RC2-40"];
	const ways: Record<string, string[]> = {
		"PBES2 with AES": [],
		"RC2 with 40 bits": old,
		"3DES": ["-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-legacy"],
	};

	it.each(Object.entries(ways))("of %s are opened, by their own password only", async (_, words) => {
		for (const key of ["rsa:2048", "ec:P-256", "ed25519"]) {
			const one = middle.issue(`p12-${count++}`, { key });
			const file = `${one.file}.p12`;
			const parts = ["-inkey", one.keyFile, "-in", one.file, "-certfile", middle.own.file, "-out", file];
			openssl(["pkcs12", "-export", ...parts, ...words, "-passout", "pass:sécret"]);
			const opened = await certificates.unlock(contentOf(file), "sécret");
			expect(opened.is).toBe("open");
			expect(opened.certificates).toEqual([one.der, middle.own.der]);
			const own = createPrivateKey({ key: opened.key ?? "", format: "der", type: "pkcs8" });
			expect(createPublicKey(own).equals(new X509Certificate(one.der).publicKey)).toBe(true);
			expect((await certificates.unlock(contentOf(file), "secret")).is).toBe("wrong-password");
		}
	});
});

it("files of every kind are taken apart", async () => {
	const list = middle.crl("taken");
	const pkcs7 = openssl(["crl2pkcs7", "-in", list.file, "-certfile", ana.file, "-certfile", middle.own.file]);
	const der = openssl(["pkcs7", "-outform", "DER"], { input: pkcs7 });
	const all = { certificates: [ana.der, middle.own.der], crls: [list.der] };
	expect(await certificates.take(der)).toEqual({ kind: "pkcs7", ...all });
	expect(await certificates.take(pkcs7)).toEqual({ kind: "pem", ...all });
	const pem = Buffer.concat([ana.file, middle.own.file, list.file].map(contentOf));
	expect(await certificates.take(pem)).toEqual({ kind: "pem", ...all });
	expect(await certificates.take(list.der)).toEqual({ kind: "crl", certificates: [], crls: [list.der] });
	expect((await certificates.take(Buffer.from("no certificate"))).kind).toBe("unknown");
});
