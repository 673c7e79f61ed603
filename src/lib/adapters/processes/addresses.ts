/**
 * An IPv6 address in the short form.
 *
 * @param bytes sixteen, in the order of the network
 */
export function ipv6Text(bytes: Buffer): string {
	const hex = bytes.toString("hex");
	// An IPv4 address in IPv6's clothes is better read as what it is.
	if (hex.startsWith("00000000000000000000ffff")) return `::ffff:${bytes.subarray(12).join(".")}`;
	const groups = hex.match(/.{4}/g) as string[];
	// The one writer of short IPv6 addresses that is always loaded.
	return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

/** One end of a connection: `192.0.2.7:443`, `[2001:db8::7]:443`. */
export function endText(address: string, port: number): string {
	return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
