import type { Certificates } from "../certificate/certificates.js";
import { type Described, describeAll } from "../certificate/choose.js";
import type { Known } from "../known.js";
import type { RegistryView } from "../registry/registry.js";
import { certificates, type RegisteredCertificate } from "./certificate.js";

/**
 * How a certificate differs from the register. `unknown`: it is not registered; `changed`: it stands in the place of one that is,
 * for the same subject and from the same issuer; `gone`: it is not any more where it was registered from.
 */
export const scanStates = ["unknown", "changed", "gone"] as const;

/** A place that was looked at: a file, a store or a token. */
export interface ScannedPlace {
	/** As people know it: a path, `user/MY`, a token's label. */
	source: string;
	/** What the register calls it (`places.ts`); null: a file, which the register does not remember. */
	place: string | null;
	ders: Known<Buffer[]>;
}

/** What is not as the register has it. */
export interface ScannedCertificate {
	state: (typeof scanStates)[number];
	/** As it is registered; of a changed one, the registered certificate that it stands for. */
	alias: string | null;
	subject: string;
	issuer: string;
	serial: string;
	fingerprint: string;
	notAfter: string | null;
	/** Where it was found; of one that is gone, where it was looked for. */
	sources: string[];
}

export interface ScanAnswer {
	certificates: ScannedCertificate[];
	total: number;
	/** How many of those that were found are registered. */
	registered: number;
	places: { source: string; found: number | null; why: string | null }[];
	inventoryOnly: true;
}

type Found = Described & { sources: string[] };

/** `cfm certs scan`: what was found, held against the register. Only reads: the same again tells the same. */
export async function scanAgainst(
	view: RegistryView,
	reader: Certificates,
	places: readonly ScannedPlace[],
): Promise<ScanAnswer> {
	const found = await foundIn(reader, places);
	const rows: RegisteredCertificate[] = [];
	for await (const chunk of view.records(certificates, { bare: true })) rows.push(...chunk);
	const registered = new Set(rows.map(({ fingerprint }) => fingerprint));
	const here = new Set(found.keys());
	const missing = rows.filter(({ status, fingerprint }) => status !== "retired" && !here.has(fingerprint));
	const told: ScannedCertificate[] = [];
	const replaced = new Set<number>();
	for (const one of found.values()) {
		if (registered.has(one.facts.fingerprint)) continue;
		const { subject, issuer } = one.facts;
		const before = missing.filter((row) => row.subject === subject && row.issuer === issuer).at(-1);
		if (before !== undefined) replaced.add(before.number);
		told.push(toldFound(one, before?.alias ?? null));
	}
	const looked = new Map(places.flatMap(({ place, source, ders }) => (place && ders.known ? [[place, source]] : [])));
	for (const row of missing) {
		const source = looked.get(row.place ?? "");
		if (source !== undefined && !replaced.has(row.number)) told.push(toldGone(row, source));
	}
	return {
		certificates: told,
		total: told.length,
		registered: [...here].filter((fingerprint) => registered.has(fingerprint)).length,
		places: places.map(({ source, ders }) => ({
			...{ source, found: ders.known ? ders.value.length : null, why: ders.known ? null : ders.why },
		})),
		inventoryOnly: true,
	};
}

/** Each certificate once, with all places; those of authorities, which nobody signs with, are left out. */
async function foundIn(reader: Certificates, places: readonly ScannedPlace[]): Promise<Map<string, Found>> {
	const found = new Map<string, Found>();
	for (const { source, ders } of places) {
		if (!ders.known) continue;
		for (const one of await describeAll(reader, ders.value)) {
			if (one.facts.isAuthority) continue;
			const known = found.get(one.facts.fingerprint) ?? { ...one, sources: [] };
			if (!known.sources.includes(source)) known.sources.push(source);
			found.set(one.facts.fingerprint, known);
		}
	}
	return found;
}

function toldFound({ facts, sources }: Found, alias: string | null): ScannedCertificate {
	const { subject, issuer, serial, fingerprint, notAfter } = facts;
	return {
		...{ state: alias === null ? "unknown" : "changed", alias },
		...{ subject, issuer, serial, fingerprint, notAfter, sources },
	};
}

function toldGone(row: RegisteredCertificate, source: string): ScannedCertificate {
	const { alias, subject, issuer, serial, fingerprint, notAfter } = row;
	return { state: "gone", alias, subject, issuer, serial, fingerprint, notAfter, sources: [source] };
}
