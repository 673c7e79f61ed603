/**
 * `.metadata-v2`, without which Firefox takes a site's folder for broken: when, not persistent, and nothing known of
 * upkeep; then suffix, host and origin. (dom/quota/ActorsParent.cpp; seen accepted by Firefox ESR.)
 */
export function originMetadata(origin: string, now: Date): Buffer {
	const time = Buffer.alloc(17);
	time.writeBigInt64BE(BigInt(now.getTime()) * 1000n);
	const texts = ["", new URL(origin).hostname, origin].map((text) => {
		const length = Buffer.alloc(4);
		length.writeUInt32BE(Buffer.byteLength(text));
		return Buffer.concat([length, Buffer.from(text)]);
	});
	return Buffer.concat([time, ...texts, Buffer.alloc(1)]);
}

/** The file `usage`: two cookies and how much the site has stored, in UTF-16 units. */
export function usageFile(usage: number): Buffer {
	const bytes = Buffer.from("420a420a0000000000000000", "hex");
	bytes.writeBigInt64BE(BigInt(usage), 4);
	return bytes;
}
