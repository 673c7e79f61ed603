import type { Access } from "../registered/access.js";
import { certificates, type RegisteredCertificate } from "../registered/certificate.js";
import { accessTo } from "../registered/find.js";
import { hasExpired, tellAccess } from "../registered/told.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { Cause, Service } from "./service.js";

/** What ran out of what a service signs with, and from when on it can't sign. */
export interface Ended {
	cause: Exclude<Cause, "operator">;
	/** ISO 8601 UTC; null: nobody told when (signatures that are used up, some revocations). */
	at: string | null;
	/** The generation of access, where that ran out. */
	generation: number | null;
}

/** How it stands with a certificate at a time: the certificate, the access that counts, and what ran out first of both. */
export interface Standing {
	certificate: RegisteredCertificate;
	access: Access | undefined;
	ended: Ended | null;
	/** What it takes before it can be signed with again; null: nothing. */
	lacks: "certificate" | "access" | null;
}

/** Asks how it stands with certificates, each once. */
export type Standings = (certificate: number) => Promise<Standing | undefined>;

export function standingsIn(view: RegistryView, now: Date): Standings {
	const asked = new Map<number, Promise<Standing | undefined>>();
	return (number) => {
		const earlier = asked.get(number);
		if (earlier !== undefined) return earlier;
		const answer = standing(view, number, now);
		asked.set(number, answer);
		return answer;
	};
}

async function standing(view: RegistryView, number: number, now: Date): Promise<Standing | undefined> {
	const certificate = await view.record(certificates, { number });
	if (certificate === undefined) return undefined;
	return standingOf(certificate, await accessTo(view, certificate), now);
}

/** What ran out of a certificate and the access to it; of several what came first. One that was revoked has run out. */
export function standingOf(certificate: RegisteredCertificate, access: Access | undefined, now: Date): Standing {
	const { notAfter, revocation, revokedAt, revocationSeen } = certificate;
	const own: Ended[] = [];
	if (hasExpired(certificate, now)) own.push({ cause: "certificate-expired", at: notAfter, generation: null });
	if (revocation === "revoked")
		own.push({ cause: "certificate-revoked", at: revokedAt ?? revocationSeen, generation: null });
	const told = access === undefined ? undefined : tellAccess(access, now);
	const granted: Ended[] = [];
	if (told?.state === "expired")
		granted.push({ cause: "access-expired", at: told.expiresAt, generation: told.generation });
	if (told?.state === "used-up") granted.push({ cause: "access-used-up", at: null, generation: told.generation });
	// What has no time comes last.
	const [ended = null] = [...own, ...granted].sort((a, b) => ((a.at ?? "~") < (b.at ?? "~") ? -1 : 1));
	const lacks = own.length > 0 ? "certificate" : granted.length > 0 ? "access" : null;
	return { certificate, access, ended, lacks };
}

/** A service as every command shows it, with what the clock makes of it. */
export interface ToldService extends Omit<Service, "certificate"> {
	/** The alias of the certificate that it signs with; null: it is registered no more. */
	certificate: string | null;
	/** Whether that was retired: the service is to be moved to another. */
	onRetired: boolean;
}

export function tellService(service: Service, standing: Standing | undefined): ToldService {
	const { certificate, ended } = standing ?? { certificate: undefined, ended: null };
	const { status, cause, suspendedAt, generation } = suspendedBy(service, ended) ?? service;
	return {
		...service,
		...{ status, cause, suspendedAt, generation },
		certificate: certificate?.alias ?? null,
		onRetired: certificate?.status === "retired",
	};
}

/** An active service as it is once what it signs with ran out; undefined when it is as it was recorded. */
export function suspendedBy(service: Service, ended: Ended | null): Service | undefined {
	if (service.status !== "active" || ended === null) return undefined;
	const { cause, at, generation } = ended;
	return { ...service, status: "suspended", cause, reason: null, suspendedAt: at, generation };
}

export function isByExpiry({ status, cause }: Pick<Service, "status" | "cause">): boolean {
	return status === "suspended" && cause !== null && cause !== "operator";
}

export function causeText(cause: Cause): string {
	const texts: Record<Cause, () => string> = {
		operator: () => t`by an operator`,
		"access-expired": () => t`access to its certificate has expired`,
		"access-used-up": () => t`access to its certificate is used up`,
		"certificate-expired": () => t`its certificate has expired`,
		"certificate-revoked": () => t`its certificate was revoked`,
	};
	return texts[cause]();
}
