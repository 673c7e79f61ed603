/** Without it Firefox takes a site's folder for broken. */
export const metadataFile = ".metadata-v2";

/**
 * The content of `.metadata-v2`: when, not persistent, and nothing known of upkeep; then suffix, group and origin
 * (each with the suffix, where an area is kept apart; dom/quota/ActorsParent.cpp; seen accepted by Firefox ESR). The group is the domain that a registrar gives away, by
 * the Public Suffix List; of an address and of a name without one it is the host.
 */
export async function originMetadata(origin: string, now: Date): Promise<Buffer> {
	const { getDomain } = await import("tldts");
	const [site = "", apart] = origin.split("^");
	const suffix = apart === undefined ? "" : `^${apart}`;
	const { hostname } = new URL(site);
	const time = Buffer.alloc(17);
	time.writeBigInt64BE(BigInt(now.getTime()) * 1000n);
	const group = (getDomain(hostname, { allowPrivateDomains: true }) ?? hostname) + suffix;
	const texts = [suffix, group, origin].map((text) => {
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
