let last = { at: Number.NaN, text: "" };

/**
 * A time as ISO 8601 UTC, to the millisecond.
 *
 * The text of the last one is kept: Date makes it by a printf, which takes longer than a look-up in the registry, and
 * whatever belongs to one change asks for the same millisecond several times.
 */
export function isoTime(time: Date): string {
	const at = time.getTime();
	if (at !== last.at) last = { at, text: time.toISOString() };
	return last.text;
}
