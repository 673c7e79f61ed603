import { requireCertificate } from "../registered/find.js";
import type { RegistryView } from "../registry/registry.js";
import { nameKey, type Service, services } from "./service.js";
import { isByExpiry, standingsIn, type ToldService, tellService } from "./told.js";

export interface ServiceListRequest {
	/** A part of the name, in any case; `*` and `?` are wildcards. The same of company and client ID. */
	name: string | undefined;
	company: string | undefined;
	clientId: string | undefined;
	/** The alias of the certificate. */
	certificate: string | undefined;
	/** As it reads now. */
	status: Service["status"] | undefined;
	/** Only those that are suspended since access or certificate ran out. */
	byExpiry: boolean;
	sort: "name" | "since" | undefined;
	descending: boolean;
	limit: number | undefined;
	offset: number | undefined;
	now: Date;
}

export interface ServiceList {
	services: ToldService[];
	/** All that match, also those outside the page. */
	total: number;
	inventoryOnly: true;
}

/** `cfm services list`: by name, unless another order is asked for. @throws CfmError not-found `no-such-certificate` */
export async function listServices(view: RegistryView, request: ServiceListRequest): Promise<ServiceList> {
	const { name, company, clientId, certificate, status, byExpiry, descending, limit, now } = request;
	const part = (text: string | undefined) => (text === undefined ? undefined : `*${text}*`);
	const where = {
		...{ named: part(name), company: part(company && nameKey(company)), client: part(clientId) },
		certificate: certificate === undefined ? undefined : (await requireCertificate(view, certificate)).number,
		// Whatever is recorded as suspended reads so; of the others the clock decides.
		...(status === "active" ? { status } : {}),
	};
	const order = request.sort ?? "name";
	const standings = standingsIn(view, now);
	const tell = async (row: Service) => tellService(row, await standings(row.certificate));
	const wanted = (one: ToldService) =>
		(status === undefined || one.status === status) && (!byExpiry || isByExpiry(one));
	if (status === undefined && !byExpiry) {
		const query = { where, order, descending, limit, offset: request.offset } as const;
		const rows = (await Array.fromAsync(view.records(services, query))).flat();
		const total = await view.countRecords(services, { where });
		return { services: await Promise.all(rows.map(tell)), total, inventoryOnly: true };
	}
	const { offset = 0 } = request;
	const page: ToldService[] = [];
	let total = 0;
	for await (const chunk of view.records(services, { where, order, descending })) {
		for (const one of await Promise.all(chunk.map(tell))) {
			if (!wanted(one)) continue;
			total += 1;
			if (total > offset && (limit === undefined || page.length < limit)) page.push(one);
		}
	}
	return { services: page, total, inventoryOnly: true };
}

export interface ServiceCounts {
	total: number;
	/** As they read now. */
	active: number;
	/** Suspended since access or certificate ran out. */
	byExpiry: number;
}

/** How services stand, for the screen that tells how all stands. */
export async function countServices(view: RegistryView, now: Date): Promise<ServiceCounts> {
	const standings = standingsIn(view, now);
	const counted = { total: 0, active: 0, byExpiry: 0 };
	for await (const chunk of view.records(services, {})) {
		for (const row of chunk) {
			const told = tellService(row, await standings(row.certificate));
			counted.total += 1;
			if (told.status === "active") counted.active += 1;
			if (isByExpiry(told)) counted.byExpiry += 1;
		}
	}
	return counted;
}
