/**
 * What is known of the vendor's authorities: names, not keys. `cfm` ships no root; who is believed is what an administrator put
 * in, or what this machine's own stores hold and these names find.
 *
 * Where its authorities tell of revocation is published nowhere: their certificates say it.
 *
 * @source names that others reported of the vendor's certificates; not seen by us, not confirmed by the vendor
 */
const notarius = {
	/** Beginnings of common names of its authorities. */
	authorities: [
		"Notarius Root Certificate Authority",
		"Notarius Certificate Authority",
		"Timestamp Authority -- Notarius",
	],
} as const;

/** Whether a name is that of one of the vendor's authorities. @param name as RFC 4514 writes it */
export function bearsNotariusName(name: string): boolean {
	return notarius.authorities.some((authority) => commonNamesOf(name).some((one) => one.startsWith(authority)));
}

/** A comma that is no end of a part has a backslash before it. */
function commonNamesOf(name: string): string[] {
	return name.split(/(?<!\\)[,+]/).flatMap((part) => (part.startsWith("CN=") ? [part.slice("CN=".length)] : []));
}
