import { believedHere, type WatchTools } from "../certificate/watch.js";
import { CfmError } from "../errors.js";
import { type Known, known, unknown } from "../known.js";
import { type TsaTest, type TsaTools, testTsa } from "./tsa.js";

/** What it takes to look after timestamp servers. */
export interface StampWatchTools extends TsaTools, Pick<WatchTools, "stores" | "anchors"> {
	/** Addresses that a setting names. */
	urls: readonly string[];
	now: () => Date;
}

/** A timestamp server that is looked after, and what came of asking it. */
export interface WatchedTsa {
	url: string;
	test: Known<TsaTest>;
}

/** Asks every timestamp server that a setting names, one after the other. */
export async function askWatchedServers(tools: StampWatchTools): Promise<WatchedTsa[]> {
	const { urls, now } = tools;
	if (urls.length === 0) return [];
	const judge = {
		...{ anchors: await believedHere(tools), intermediates: [], crls: [], ocsp: [], revocation: undefined },
		...{ at: undefined, allowWeak: false, fetchIssuers: false },
	};
	const watched: WatchedTsa[] = [];
	for (const url of urls) {
		try {
			const test = await testTsa(tools, { url, hash: "sha256", policy: undefined, judge, now });
			watched.push({ url, test: known(test) });
		} catch (error) {
			if (!(error instanceof CfmError)) throw error;
			watched.push({ url, test: unknown(error.message.replace(/\.$/, "")) });
		}
	}
	return watched;
}
