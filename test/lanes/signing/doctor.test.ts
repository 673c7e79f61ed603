import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { fetchOver } from "../../../src/lib/adapters/fetch/fetch.js";
import { readRegularFile } from "../../../src/lib/adapters/files/trusted-file.js";
import { type CertificateSources, certificateProbes } from "../../../src/lib/certificate/probes.js";
import { judgeWatched } from "../../../src/lib/certificate/watch.js";
import { type ProbeOptions, runProbes } from "../../../src/lib/finding/run.js";
import { known, unknown } from "../../../src/lib/known.js";
import { bothWays } from "../../both-ways.js";
import { makeFolder } from "../../folders.js";
import { Authority, type CertificateOptions, contentOf, type Made, signerExtensions } from "./authority.js";
import { certificatesApart } from "./child.js";
import { Host } from "./responder.js";

// What doctor finds of real certificates, whose authority answers on the loopback.

const certificates = certificatesApart();
let host: Host;
let root: Authority;
let middle: Authority;
let stranger: Made;
beforeAll(async () => {
	host = await Host.start();
	root = Authority.root(makeFolder("signing"), "root");
	middle = root.authority("middle");
	stranger = middle.issue("stranger");
});
afterAll(() => {
	host.close();
	certificates.close();
});

let count = 0;
/** A certificate that is looked after, whose responder says that it is good. */
class Ward {
	readonly path = `/ocsp${count++}`;
	readonly file = join(makeFolder("watched"), "ana.pem");
	anchors: Buffer[] = [root.own.der];
	now = new Date();
	made: Made;

	constructor() {
		host.responder(this.path, { authority: middle });
		this.made = this.put();
	}

	/** Puts another certificate there, with what else stands in its file. */
	put(options: CertificateOptions = {}, also: readonly Made[] = [middle.own]): Made {
		const lines = [...(options.extensions ?? signerExtensions), ...this.access()];
		this.made = middle.issue(`watched${count++}`, { ...options, extensions: lines });
		writeFileSync(this.file, Buffer.concat([this.made, ...also].map(({ file }) => contentOf(file))));
		return this.made;
	}

	access = () => [`authorityInfoAccess=OCSP;URI:${host.url(this.path)},caIssuers;URI:${host.url("/issuer")}`];
}

async function look(ward: Ward, id: string): Promise<string | undefined> {
	const watched = await judgeWatched({
		certificates,
		stores: {
			roots: async () => known(ward.anchors),
			certificates: async () => unknown("only Windows has certificate stores"),
			believed: async (file) => readRegularFile(file),
			file: async (file) => readRegularFile(file),
			opinion: async () => known(null),
			key: async () => unknown("no keys"),
		},
		fetch: (asked) => fetchOver({ ...asked, milliseconds: 3000 }, {}),
		...{ files: [ward.file], anchors: undefined, now: ward.now },
	});
	const given: CertificateSources = { watched, now: () => ward.now };
	const sources = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, async () => value]));
	const { checks } = await runProbes(certificateProbes, {
		sources: sources as unknown as ProbeOptions<CertificateSources>["sources"],
		seconds: 60,
	});
	return checks.find((check) => check.id === id)?.state;
}

const make = () => new Ward();
const year = (from: Date, days: number) =>
	`${new Date(from.getTime() + days * 86_400_000).toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;

bothWays("CFM-CERT-001", { make, look, provoke: (ward) => ward.put({ until: "20210101000000Z" }) });
bothWays("CFM-CERT-002", { make, look, provoke: (ward) => ward.put({ until: year(ward.now, 30) }) });
bothWays("CFM-CERT-003", { make, look, provoke: (ward) => ward.put({}, []) });
bothWays("CFM-CERT-004", {
	...{ make, look },
	provoke(ward) {
		ward.put({}, [middle.own, root.own]);
		ward.anchors = [];
	},
});
bothWays("CFM-CERT-005", {
	...{ make, look },
	provoke: (ward) => ward.put({ extensions: ["keyUsage=keyEncipherment", "extendedKeyUsage=serverAuth"] }),
});
bothWays("CFM-CERT-006", { make, look, provoke: (ward) => ward.put({ key: "rsa:1024" }) });
bothWays("CFM-CERT-007", {
	...{ make, look },
	provoke: (ward) => ward.put({ extensions: [...signerExtensions, "1.2.3.4=critical,ASN1:NULL"] }),
});
bothWays("CFM-REV-001", { make, look, provoke: ({ made }) => middle.revoke(made) });
bothWays("CFM-REV-002", {
	...{ make, look },
	provoke(ward) {
		host.responder(ward.path, { authority: middle, more: ["-nmin", "1"] });
		ward.now = new Date(Date.now() + 3_600_000);
	},
});
bothWays("CFM-REV-003", { make, look, provoke: ({ path }) => host.file(path, "no", 503) });
bothWays("CFM-REV-004", { make, look, provoke: ({ path }) => host.file(path, "<html>Please log in</html>") });
bothWays("CFM-REV-005", {
	...{ make, look },
	provoke: ({ path }) => host.responder(path, { authority: middle, signer: stranger }),
});
