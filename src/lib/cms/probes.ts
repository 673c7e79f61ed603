import { couldNotTell, type Finding, type FindingKind, found, notHere } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { t } from "../text.js";
import {
	stampNotValid,
	timestampKinds,
	tsaClockDiffers,
	tsaExpired,
	tsaNotReached,
	tsaNotTrusted,
	tsaRejects,
	tsaSomethingElse,
	tsaWrongPurpose,
} from "./findings.js";
import type { TsaTest } from "./tsa.js";
import type { WatchedTsa } from "./watch.js";

export interface TimestampSources {
	/** Timestamp servers that are looked after, each asked. */
	timestamps: readonly WatchedTsa[];
}

/** How far clocks may differ beyond what the server says of its own accuracy, in milliseconds: as of the vendor's servers. */
const mostDifference = 5 * 60_000;

const timestamps: Probe<TimestampSources> = {
	name: "timestamps",
	group: "timestamp",
	kinds: timestampKinds,
	needs: ["timestamps"],
	limit: 120,
	async *look({ timestamps: watched }) {
		if (watched.length === 0) {
			for (const kind of timestampKinds)
				yield notHere(kind, t`no timestamp server is named (setting doctor.timestamp-servers)`);
		}
		for (const { url, test } of watched) {
			if (test.known) yield* aboutServer(test.value);
			else {
				for (const kind of timestampKinds) {
					const data = { ...(kind.sample as object), url };
					yield couldNotTell(kind as FindingKind<object>, data, test.why);
				}
			}
		}
	},
};

/** Reasons that have a kind of their own; the rest say that the timestamp is not valid. */
const ofReason: Readonly<Record<string, FindingKind<{ url: string; why: string }> | null>> = {
	expired: tsaExpired,
	"not-timestamping": tsaWrongPurpose,
	"issuer-not-found": tsaNotTrusted,
	"issuer-missing": tsaNotTrusted,
	"root-not-trusted": tsaNotTrusted,
	"self-signed": tsaNotTrusted,
	"signature-not-checked": tsaNotTrusted,
	// The difference of clocks tells it.
	"from-future": null,
};

function* aboutServer({ url, state, reasons, clockDifference, timestamp }: TsaTest): Generator<Finding> {
	const why = reasons.map(({ text }) => text).join("; ");
	if (state === "unreachable") yield found(tsaNotReached, { url, why });
	if (state === "no-timestamp") yield found(tsaSomethingElse, { url, why });
	if (state === "rejected") yield found(tsaRejects, { url, why });
	if (state === "invalid" || state === "undecidable") {
		for (const kind of [tsaExpired, tsaWrongPurpose, tsaNotTrusted, stampNotValid]) {
			const own = reasons.filter(
				({ code }) => (ofReason[code] === undefined ? stampNotValid : ofReason[code]) === kind,
			);
			if (own.length > 0) yield found(kind, { url, why: own.map(({ text }) => text).join("; ") });
		}
	}
	const off = clockDifference ?? 0;
	if (Math.abs(off) > mostDifference + (timestamp?.accuracy ?? 0))
		yield found(tsaClockDiffers, { url, seconds: Math.round(off / 1000) });
}

export const timestampProbes = [timestamps];
