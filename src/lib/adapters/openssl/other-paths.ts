import type { Openssl, Pointer } from "./library.js";

/** So many paths are tried, and so many certificates looked at to find them: a hostile set has more of both than there is time. */
const mostPaths = 100;
const mostSteps = 20_000;
/** As many as OpenSSL itself lets a path have. */
const longest = 100;

/** Certificates to build paths of, each once. */
export interface Building {
	/** Those between, and those that are believed. */
	all: readonly Pointer[];
	isBelieved(one: Pointer): boolean;
}

/**
 * Paths from a certificate to one that is believed, each without it, in the order of the way up. Whoever is nearer to one that is
 * believed is tried first, and whoever leads to none never. Whether a certificate fits as an issuer is OpenSSL's to say: names, key
 * identifiers and key usage. No signature is verified.
 */
export function* otherPaths(openssl: Openssl, leaf: Pointer, building: Building): Generator<readonly Pointer[]> {
	const issuersOf = nearestFirst(openssl, building);
	let [steps, found] = [0, 0];
	const up = function* (path: readonly Pointer[]): Generator<readonly Pointer[]> {
		const last = path.at(-1) ?? leaf;
		for (const issuer of issuersOf(last)) {
			steps += 1;
			if (steps > mostSteps || found >= mostPaths) return;
			if (openssl.X509_check_issued(issuer, last) !== 0 || isOn(openssl, issuer, [leaf, ...path])) continue;
			if (building.isBelieved(issuer)) {
				found += 1;
				yield [...path, issuer];
			} else if (path.length < longest) yield* up([...path, issuer]);
		}
	};
	yield* up([]);
}

/** Certificates that bear the name of a certificate's issuer, by how many steps they are from one that is believed. */
function nearestFirst(openssl: Openssl, { all, isBelieved }: Building): (x: Pointer) => readonly Pointer[] {
	const nameOfIssuer = (x: Pointer) => openssl.X509_issuer_name_hash(x) as number;
	const bySubject = Map.groupBy(all, (one) => openssl.X509_subject_name_hash(one) as number);
	const byIssuer = Map.groupBy(all, nameOfIssuer);
	const distances = new Map<Pointer, number>(all.filter(isBelieved).map((one) => [one, 0]));
	let edge = [...distances.keys()];
	for (let distance = 1; edge.length > 0; distance++) {
		const names = new Set(edge.map((one) => openssl.X509_subject_name_hash(one) as number));
		edge = [...names].flatMap((name) => byIssuer.get(name) ?? []).filter((one) => !distances.has(one));
		for (const one of edge) distances.set(one, distance);
	}
	for (const [name, bearers] of bySubject) {
		const near = bearers.filter((one) => distances.has(one));
		bySubject.set(
			name,
			near.toSorted((one, other) => (distances.get(one) ?? 0) - (distances.get(other) ?? 0)),
		);
	}
	return (x) => bySubject.get(nameOfIssuer(x)) ?? [];
}

/** Whether a certificate is on a path already: nobody stands above themselves. */
const isOn = (openssl: Openssl, one: Pointer, path: readonly Pointer[]): boolean =>
	path.some((other) => openssl.X509_cmp(one, other) === 0);
