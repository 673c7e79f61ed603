import { CfmError } from "../errors.js";
import { type Known, known, unknown } from "../known.js";
import { t } from "../text.js";
import type { Certificates } from "./certificates.js";
import type { Fetch } from "./fetch.js";
import { notariusAnchors, openFile } from "./inputs.js";
import { bearsNotariusName } from "./notarius.js";
import type { Stores } from "./stores.js";
import { type Verdict, verifyCertificate } from "./verify.js";

/** What it takes to look after certificates. */
export interface WatchTools {
	certificates: Certificates;
	stores: Stores;
	fetch: Fetch;
	/** Files that an administrator's setting names. */
	files: readonly string[];
	/** The file of the vendor's authorities, if a setting names one. */
	anchors: string | undefined;
	now: Date;
}

/** A certificate that is looked after, and what it is worth. */
export interface Watched {
	/** A file, or a store of Windows: `user/MY`. */
	source: string;
	verdict: Known<Verdict>;
}

/** Stores of Windows in which people have certificates of their own. */
const ownStores = [
	{ scope: "user", name: "MY" },
	{ scope: "machine", name: "MY" },
] as const;

/** Judges every certificate that somebody here signs with, as far as it can be looked at without a token. */
export async function judgeWatched(tools: WatchTools): Promise<Watched[]> {
	const found = [...(await inFiles(tools)), ...(await inStores(tools))];
	if (found.length === 0) return [];
	const anchors = await believedHere(tools);
	const judged: Watched[] = [];
	for (const { source, ders } of found) {
		if (!ders.known) judged.push({ source, verdict: ders });
		else judged.push({ source, verdict: await judge(tools, ders.value, anchors) });
	}
	return judged;
}

/** Certificates, the judged one first. */
interface Found {
	source: string;
	ders: Known<Buffer[]>;
}

async function inFiles({ certificates, stores, files }: WatchTools): Promise<Found[]> {
	const found: Found[] = [];
	for (const source of files) {
		const locked = async (): Promise<never> => {
			throw new CfmError("denied", "password-needed", t`It has a password.`);
		};
		try {
			const opened = await openFile(certificates, await stores.file(source), source, locked);
			found.push({
				source,
				ders: opened.certificates.length > 0 ? known(opened.certificates) : unknown(t`no certificate`),
			});
		} catch (error) {
			if (!(error instanceof CfmError)) throw error;
			found.push({ source, ders: unknown(error.message.replace(/\.$/, "")) });
		}
	}
	return found;
}

/** Those of the vendor's authorities; what else is in a user's store is nobody's business here. */
async function inStores({ certificates, stores }: WatchTools): Promise<Found[]> {
	const found: Found[] = [];
	for (const store of ownStores) {
		const ders = await stores.certificates(store);
		// Elsewhere than on Windows there are none, which is no lack.
		if (!ders.known) continue;
		const facts = await certificates.describe(ders.value);
		const source = `${store.scope}/${store.name}`;
		for (const [at, der] of ders.value.entries()) {
			if (bearsNotariusName(facts[at]?.issuer ?? "")) found.push({ source, ders: known([der]) });
		}
	}
	return found;
}

/** The certificates that this machine believes, with those of the vendor's authorities that an administrator put in. */
export async function believedHere({
	certificates,
	stores,
	anchors,
}: Pick<WatchTools, "certificates" | "stores" | "anchors">): Promise<Buffer[]> {
	const own = anchors === undefined ? [] : (await certificates.take(await stores.believed(anchors))).certificates;
	const [roots, vendors] = [await stores.roots(), await notariusAnchors(certificates, stores, own)];
	return [...(roots.known ? roots.value : []), ...(vendors.known ? vendors.value : [])];
}

async function judge(
	{ certificates, fetch, now }: WatchTools,
	[certificate, ...intermediates]: readonly Buffer[],
	anchors: readonly Buffer[],
): Promise<Known<Verdict>> {
	try {
		return known(
			await verifyCertificate(certificates, fetch, {
				...{ certificate: certificate ?? Buffer.alloc(0), intermediates, anchors, crls: [], ocsp: [], at: now },
				...{ revocation: "known", purpose: "signing", policies: [], requirePolicy: false, allowWeak: false },
				...{ inhibitPolicyMapping: false, inhibitAnyPolicy: false, fetchIssuers: false },
			}),
		);
	} catch (error) {
		if (error instanceof CfmError) return unknown(error.message.replace(/\.$/, ""));
		throw error;
	}
}
