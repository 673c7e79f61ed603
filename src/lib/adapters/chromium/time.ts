/** Chromium counts microseconds since 1601; this many lie before 1970. */
const before1970 = 11_644_473_600_000_000n;

/**
 * Current times must be written, always: without them Chromium's storage service crashes after a minute, and with very
 * old ones it deletes the site's storage.
 */
export function chromiumTime(now: Date): bigint {
	return BigInt(now.getTime()) * 1000n + before1970;
}
